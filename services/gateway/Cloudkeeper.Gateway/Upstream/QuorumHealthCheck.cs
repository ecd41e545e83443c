using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>Ready: the leader answers a linearizable read, hence has its quorum.</summary>
internal sealed class QuorumHealthCheck(INodes nodes, TimeProvider time) : IHealthCheck
{
    /// <summary>Less than a proxy waits for the answer, which has more in it than whether there is a leader.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var root = new ReadNodeRequest(NodePath.Root, WithValue: false);
            var answer = await nodes.ReadAsync(root, ReadConsistency.Linearizable, Revision.Zero).AsTask()
                .WaitAsync(Patience, time, cancellationToken);
            return HealthCheckResult.Healthy($"revision {answer.Revision}");
        }
        catch (Exception e) when (e is TimeoutException or ProblemException)
        {
            return HealthCheckResult.Unhealthy("The leader does not answer: less than a majority of the voters is reachable.");
        }
    }
}
