using Microsoft.Extensions.Diagnostics.HealthChecks;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace Cloudkeeper.Proxy.Gateways;

/// <summary>The proxy is of use once a gateway has been ready.</summary>
internal sealed class GatewaysHealthCheck(IProxyStateLookup state) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var known = state.TryGetCluster(GatewayCluster.Id, out var cluster) ? cluster.DestinationsState.AllDestinations.Count : 0;
        var ready = CountReady(state);
        var detail = $"{ready} of {known} gateways are ready.";
        return Task.FromResult(ready > 0 ? HealthCheckResult.Healthy(detail) : HealthCheckResult.Unhealthy(detail));
    }

    /// <summary>Those that are ready and get requests by now.</summary>
    public static int CountReady(IProxyStateLookup state) => state.TryGetCluster(GatewayCluster.Id, out var cluster)
        ? cluster.DestinationsState.AvailableDestinations.Count(IsReady)
        : 0;

    /// <summary>Its last probe succeeded, and no request has found it gone since.</summary>
    public static bool IsReady(DestinationState gateway) =>
        gateway.Health.Active == DestinationHealth.Healthy && gateway.Health.Passive != DestinationHealth.Unhealthy;
}
