using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Hosting;

/// <summary>
/// Between the wish to stop (from then on <c>/readyz</c> is 503) and the closing of the port: serves on for the drain
/// time.
/// </summary>
internal sealed partial class DrainOnShutdown(
    IOptions<HostingOptions> options, TimeProvider time, ILogger<DrainOnShutdown> logger) : IHostedLifecycleService
{
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        var drainTime = options.Value.DrainTime;
        if (drainTime == TimeSpan.Zero)
        {
            return Task.CompletedTask;
        }

        LogDraining(logger, drainTime);
        return Task.Delay(drainTime, time, cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(LogLevel.Information, "Draining for {DrainTime} before the port closes")]
    private static partial void LogDraining(ILogger logger, TimeSpan drainTime);
}
