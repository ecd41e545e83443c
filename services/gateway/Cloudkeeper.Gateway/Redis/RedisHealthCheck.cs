using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Cloudkeeper.Gateway.Redis;

/// <summary>Says whether Redis is there. At most degraded: without it a gateway is slower, not unready.</summary>
internal sealed class RedisHealthCheck(RedisConnection redis) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(Check());

    private HealthCheckResult Check() => redis switch
    {
        { IsConfigured: false } => HealthCheckResult.Healthy("not configured"),
        { IsConnected: true } => HealthCheckResult.Healthy("connected"),
        _ => HealthCheckResult.Degraded("No connection: past changes are read from the nodes."),
    };
}
