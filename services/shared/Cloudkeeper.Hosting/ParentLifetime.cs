using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cloudkeeper.Hosting;

/// <summary>
/// The life of a process that another one looks after: it ends when its standard input ends, which is also what happens
/// when the other is gone, and on SIGTERM. A Ctrl-C goes to all processes of a terminal; it is the other's to handle.
/// </summary>
internal sealed partial class ParentLifetime(IHostApplicationLifetime lifetime, ILogger<ParentLifetime> logger)
    : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> _signals = [];

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, static signal => signal.Cancel = true));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            lifetime.StopApplication();
        }));

        // A thread of its own: reading standard input blocks, and can only be ended by the other side.
        new Thread(StopAtEndOfInput) { IsBackground = true, Name = "parent" }.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _signals.ForEach(signal => signal.Dispose());

    private void StopAtEndOfInput()
    {
        using var input = Console.OpenStandardInput();
        var ignored = new byte[256];
        while (input.Read(ignored) > 0)
        {
        }

        LogEndOfInput(logger);
        lifetime.StopApplication();
    }

    [LoggerMessage(LogLevel.Information, "Standard input has ended: stopping")]
    private static partial void LogEndOfInput(ILogger logger);
}
