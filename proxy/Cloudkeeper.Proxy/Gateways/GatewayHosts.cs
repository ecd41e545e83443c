using Cloudkeeper.Hosting.Guard;
using Yarp.ReverseProxy;

namespace Cloudkeeper.Proxy.Gateways;

/// <summary>Where the gateways are that discovery has found.</summary>
internal sealed class GatewayHosts(IProxyStateLookup state) : IHostSource
{
    public IEnumerable<string> Addresses => state.TryGetCluster(GatewayCluster.Id, out var cluster)
        ? cluster.DestinationsState.AllDestinations.Select(gateway => gateway.Model.Config.Address)
        : [];
}
