using System.ComponentModel;
using System.Diagnostics;

namespace Cloudkeeper.Local;

/// <summary>One run of a part: a process whose standard input we hold, so that it ends with us.</summary>
internal sealed class Child : IDisposable
{
    private readonly Process _process;
    private readonly Task _output;

    private Child(Process process, Task output)
    {
        _process = process;
        _output = output;
    }

    public int Id => _process.Id;

    /// <exception cref="Win32Exception">The system starts no process now.</exception>
    public static Child Start(ProcessStartInfo start, LogFile log)
    {
        start.UseShellExecute = false;
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        var process = Process.Start(start)!;
        return new Child(process, Task.WhenAll(
            CopyAsync(process.StandardOutput, log.Write), CopyAsync(process.StandardError, log.WriteError)));
    }

    /// <summary>Completes with the exit code, once all output has been written as well.</summary>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync();
        await _output;
        return _process.ExitCode;
    }

    /// <summary>Asks it to end, and ends it after that time.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        _process.StandardInput.Close();
        using var deadline = new CancellationTokenSource(patience);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
        }
    }

    public void Dispose() => _process.Dispose();

    private static async Task CopyAsync(StreamReader output, Action<string> write)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            write(line);
        }
    }
}
