using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Cloudkeeper.Proxy.Gateways;

/// <summary>
/// Requests go to gateways that have answered as ready. One that was named a moment ago has not yet, and may be none:
/// it is used only while there is no better one.
/// </summary>
/// <remarks>
/// When no gateway is ready all are used again: without a quorum none is, and yet each of them still answers stale
/// reads, and describes the fault best itself. A process that has not proved that it is a gateway gets nothing in any
/// case.
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
