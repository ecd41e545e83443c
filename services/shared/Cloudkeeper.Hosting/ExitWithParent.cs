using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Hosting;

/// <summary>Stops the process when its standard input ends, which is when the process at its other end is gone.</summary>
internal sealed partial class ExitWithParent(
    IOptions<HostingOptions> options, IHostApplicationLifetime lifetime, ILogger<ExitWithParent> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.ExitWithParent)
        {
            // A thread of its own: reading standard input blocks, and can only be ended by the other side.
            new Thread(WaitForEnd) { IsBackground = true, Name = "ExitWithParent" }.Start();
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void WaitForEnd()
    {
        using var input = Console.OpenStandardInput();
        var ignored = new byte[256];
        while (input.Read(ignored) > 0)
        {
        }

        if (!lifetime.ApplicationStopping.IsCancellationRequested)
        {
            LogParentGone(logger);
            lifetime.StopApplication();
        }
    }

    [LoggerMessage(LogLevel.Warning, "Standard input has ended: the process that started this one is gone, stopping")]
    private static partial void LogParentGone(ILogger logger);
}
