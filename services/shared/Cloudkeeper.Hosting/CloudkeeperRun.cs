using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Hosting;

/// <summary>Runs a process from its composition to its end.</summary>
public static class CloudkeeperRun
{
    /// <summary>The exit code for settings with which no start can succeed (EX_CONFIG).</summary>
    private const int InvalidSettings = 78;

    private const int Failed = 1;

    /// <summary>
    /// Composes and runs it. What is wrong with the settings, or that the port is taken, is said in a line each, where a
    /// stack trace would only hide it.
    /// </summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(Func<WebApplication> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        try
        {
            await using var app = create();
            app.Services.GetService<IStartupValidator>()?.Validate();
            await app.RunAsync();
            return Environment.ExitCode;
        }
        catch (OptionsValidationException exception)
        {
            await Console.Error.WriteLineAsync(string.Join(Environment.NewLine, exception.Failures));
            return InvalidSettings;
        }
        catch (OperationCanceledException)
        {
            // It was asked to stop before it was up.
            return Environment.ExitCode;
        }
        catch (IOException exception) when (exception.InnerException is AddressInUseException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return Failed;
        }
    }
}
