using Cloudkeeper.Node.Joining;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Cloudkeeper.Node.Cluster;

/// <summary>
/// Ready: the node takes part in a cluster, and a leader is known. CheckQuorum makes a leader without a quorum forget
/// itself, and a voter without a leader stands for election; a learner without one only receives nothing any more.
/// </summary>
internal sealed class QuorumHealthCheck(ThisNode node) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default) => Task.FromResult(node.Replica switch
        {
            null => HealthCheckResult.Unhealthy(node.Detail),
            { State: { HasLeader: true } state, HearsNobody: false } =>
                HealthCheckResult.Healthy($"term {state.Term}, revision {state.Revision}"),
            _ => HealthCheckResult.Unhealthy("No leader is known: less than a majority of the voters is reachable."),
        });
}
