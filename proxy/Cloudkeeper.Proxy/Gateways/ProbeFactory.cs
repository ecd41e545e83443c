using System.Net;
using Cloudkeeper.Hosting;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Cloudkeeper.Proxy.Gateways;

/// <summary>The probe of each second: whether a gateway is ready, and whether it is one.</summary>
internal sealed class ProbeFactory(GatewayProofs proofs) : IProbingRequestFactory
{
    public HttpRequestMessage CreateRequest(ClusterModel cluster, DestinationModel destination)
    {
        var probe = new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(destination.Config.Address), CloudkeeperOperations.ReadyRoute))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        proofs.Challenge(probe);
        return probe;
    }
}
