using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Cloudkeeper.Proxy.Forwarding;

/// <summary>
/// A gateway that cannot be connected to, or whose connection broke before it answered, is left alone for a while at once.
/// An answer that breaks off means less: a gateway may end the stream of a client that takes nothing.
/// </summary>
internal sealed class LostConnectionPolicy(IDestinationHealthUpdater health) : IPassiveHealthCheckPolicy
{
    public const string PolicyName = "LostConnection";

    public string Name => PolicyName;

    public void RequestProxied(HttpContext context, ClusterState cluster, DestinationState destination)
    {
        if (Failures.Of(context) is Failure.NotSent or Failure.Lost
            && !GatewayAnswer.HasCome(context)
            && cluster.Model.Config.HealthCheck?.Passive?.ReactivationPeriod is { } period)
        {
            health.SetPassive(cluster, destination, DestinationHealth.Unhealthy, period);
        }
    }
}
