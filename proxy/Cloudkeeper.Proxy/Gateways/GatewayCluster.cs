using System.Net;
using Cloudkeeper.Proxy.Forwarding;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.LoadBalancing;

namespace Cloudkeeper.Proxy.Gateways;

/// <summary>YARP's configuration: one route for all requests, one cluster of all gateways.</summary>
internal static class GatewayCluster
{
    public const string Id = "gateways";

    /// <summary>Longer than the longest silence of a gateway that is well: a wait may take 60 s.</summary>
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(120);

    public static readonly IReadOnlyList<RouteConfig> Routes =
        [new RouteConfig { RouteId = "everything", ClusterId = Id, Match = new RouteMatch { Path = "/{**any}" } }];

    public static IReadOnlyList<ClusterConfig> Of(IReadOnlyList<Uri> gateways) =>
    [
        new ClusterConfig
        {
            ClusterId = Id,
            LoadBalancingPolicy = LoadBalancingPolicies.LeastRequests,
            Destinations = gateways.DistinctBy(Name, StringComparer.Ordinal).ToDictionary(Name, Destination, StringComparer.Ordinal),
            HealthCheck = Health,
            HttpRequest = new ForwarderRequestConfig
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                ActivityTimeout = SilenceLimit,
                AllowResponseBuffering = false,
            },
        },
    ];

    /// <summary>
    /// A gateway that is draining is out within a second, one that is frozen within three; one that refuses a connection
    /// at once, for two. The probe has time: under load a slow gateway is better than one gateway fewer.
    /// </summary>
    private static readonly HealthCheckConfig Health = new()
    {
        AvailableDestinationsPolicy = SeenReadyPolicy.PolicyName,
        Active = new ActiveHealthCheckConfig
        {
            Enabled = true,
            Interval = TimeSpan.FromSeconds(1),
            Timeout = TimeSpan.FromSeconds(2),
            Policy = ProvenReadyPolicy.PolicyName,
        },
        Passive = new PassiveHealthCheckConfig
        {
            Enabled = true,
            Policy = LostConnectionPolicy.PolicyName,
            ReactivationPeriod = TimeSpan.FromSeconds(2),
        },
    };

    private static string Name(Uri gateway) => gateway.Authority;

    private static DestinationConfig Destination(Uri gateway) => new() { Address = gateway.AbsoluteUri };
}
