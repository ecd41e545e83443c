using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Cloudkeeper.Gateway.Redis;

/// <summary>Whether Redis is there. At most degraded: without it a gateway is slower, not unready.</summary>
internal sealed class RedisHealthCheck(RedisConnection redis, FeedSpeaker speaker, FeedListener listener) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(Check());

    private HealthCheckResult Check() => redis switch
    {
        { IsConfigured: false } => HealthCheckResult.Healthy("not configured"),
        { IsConnected: true } => HealthCheckResult.Healthy("connected, " + Part),
        _ => HealthCheckResult.Degraded("No connection: everything is read from the nodes."),
    };

    private string Part => speaker.IsSpeaking ? "speaking" : listener.IsHeard ? "listening" : "no publisher";
}
