using Cloudkeeper.Hosting.Machine;
using Cloudkeeper.Hosting.Starting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Hosting;

/// <summary>Runs a process from its composition to its end.</summary>
public static class CloudkeeperRun
{
    /// <summary>The exit code where no start can succeed until a person changes something (EX_CONFIG).</summary>
    private const int InvalidSettings = 78;

    /// <summary>A later start may succeed.</summary>
    private const int Failed = 1;

    /// <summary>
    /// Composes and runs it. A fault in the settings or in the environment of the process is reported in a line each,
    /// where a stack trace would only hide it; nothing has been started then.
    /// </summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(Func<WebApplication> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        PrivateFiles.ByDefault();
        try
        {
            await using var app = create();
            app.Services.GetService<IStartupValidator>()?.Validate();
            if (app.Services.GetServices<IStartCheck>().SelectMany(static check => check.Look()).ToList() is { Count: > 0 } problems)
            {
                await Console.Error.WriteLineAsync(string.Join(Environment.NewLine, problems.Select(problem => problem.Message)));
                return problems.TrueForAll(problem => problem.MayPass) ? Failed : InvalidSettings;
            }

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
