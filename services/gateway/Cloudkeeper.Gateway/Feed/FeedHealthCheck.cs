using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Cloudkeeper.Gateway.Feed;

/// <summary>Ready: the change feed is open and alive.</summary>
internal sealed class FeedHealthCheck(FeedProgress progress) : IHealthCheck
{
    /// <summary>A node sends a frame every second.</summary>
    private static readonly TimeSpan AgeMax = TimeSpan.FromSeconds(5);

    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(progress.IsStarted && progress.Age < AgeMax
            ? HealthCheckResult.Healthy($"revision {progress.Revision}")
            : HealthCheckResult.Unhealthy("No node has sent a change or a sign of life for a while."));
}
