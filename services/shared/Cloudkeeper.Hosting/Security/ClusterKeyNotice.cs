using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Hosting.Security;

/// <summary>Logs at the start what the cluster key does not protect from.</summary>
internal sealed partial class ClusterKeyNotice(
    ClusterAccess access, IOptions<HostingOptions> options, ILogger<ClusterKeyNotice> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (access.UserFile is { } file)
        {
            LogOfUser(logger, file);
        }

        if (access.Key is null && !options.Value.ClusterKey.IsEmpty)
        {
            LogNone(logger);
        }

        if (!access.IsRequired)
        {
            LogNotRequired(logger);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(LogLevel.Information, "The cluster key is that of this user, in {File}")]
    private static partial void LogOfUser(ILogger logger, string file);

    [LoggerMessage(LogLevel.Warning,
        "Hosting:ClusterKey=none: this cluster has no key, and every client that reaches a node reads and changes everything")]
    private static partial void LogNone(ILogger logger);

    [LoggerMessage(LogLevel.Warning,
        "Hosting:ClusterKeyRequired=false: calls without the cluster key are served; set it to true once all processes have the key")]
    private static partial void LogNotRequired(ILogger logger);
}
