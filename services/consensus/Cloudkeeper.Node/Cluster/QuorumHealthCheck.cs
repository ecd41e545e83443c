using Cloudkeeper.Node.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Cloudkeeper.Node.Cluster;

/// <summary>Ready: a leader is known. CheckQuorum makes a leader without a quorum forget itself.</summary>
internal sealed class QuorumHealthCheck(ReplicaHost replica) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default)
    {
        var state = replica.State;
        return Task.FromResult(state.HasLeader
            ? HealthCheckResult.Healthy($"term {state.Term}, revision {state.Revision}")
            : HealthCheckResult.Unhealthy("No leader is known: less than a majority of the voters is reachable."));
    }
}
