using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cloudkeeper.Hosting.Security;

/// <summary>
/// Logs at the start which secret every user of the machine can read, since it was given on the command line
/// (<c>/proc/PID/cmdline</c>).
/// </summary>
internal sealed partial class CommandLineSecrets(IConfiguration configuration, ILogger<CommandLineSecrets> logger) : IHostedService
{
    /// <summary>The settings of type <see cref="Secret"/>, and a text in them that is none.</summary>
    private static readonly (string Setting, Func<string, bool> IsSecret)[] Settings =
    [
        ("Hosting:ClusterKey", static key => key.Length > 0 && key != ClusterKeySettings.NoKey),
        ("Gateway:Redis", static redis => redis.Contains("password=", StringComparison.OrdinalIgnoreCase)),
    ];

    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var (setting, isSecret) in Settings)
        {
            if (OnCommandLine(setting) is { } text && isSecret(text))
            {
                LogExposed(logger, setting);
            }
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private string? OnCommandLine(string setting) => (configuration as IConfigurationRoot)?.Providers
        .OfType<CommandLineConfigurationProvider>()
        .Select(provider => provider.TryGet(setting, out var text) ? text : null)
        .FirstOrDefault(text => text is not null);

    [LoggerMessage(LogLevel.Warning,
        "{Setting} was given on the command line, which all users of this machine can read: give it in the environment or in a "
        + "file, and change the secret if others use this machine")]
    private static partial void LogExposed(ILogger logger, string setting);
}
