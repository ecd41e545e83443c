using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Cloudkeeper.Proxy.Gateways;

/// <summary>
/// Requests go to gateways that have said that they are ready. One that was named a moment ago has not yet, and may be none:
/// it is used only while there is nobody better.
/// </summary>
/// <remarks>
/// When no gateway is ready all are used again: without a quorum none is, and yet each of them still answers stale reads, and
/// says best itself what is wrong. Not so whoever has not proved that it is a gateway: it gets nothing, whatever happens.
/// </remarks>
internal sealed class SeenReadyPolicy(GatewayProofs proofs) : IAvailableDestinationsPolicy
{
    public const string PolicyName = "SeenReady";

    public string Name => PolicyName;

    public IReadOnlyList<DestinationState> GetAvailalableDestinations(
        ClusterConfig config, IReadOnlyList<DestinationState> allDestinations)
    {
        var gateways = allDestinations.Where(proofs.Admit).ToArray();
        if (gateways.Where(GatewaysHealthCheck.IsReady).ToArray() is { Length: > 0 } ready)
        {
            return ready;
        }

        return gateways.Where(IsPerhapsReady).ToArray() is { Length: > 0 } perhaps ? perhaps : gateways;
    }

    private static bool IsPerhapsReady(DestinationState gateway) =>
        gateway.Health.Active != DestinationHealth.Unhealthy && gateway.Health.Passive != DestinationHealth.Unhealthy;
}
