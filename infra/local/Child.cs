using System.Diagnostics;
using Cloudkeeper.Hosting.Security;

namespace Cloudkeeper.Local;

/// <summary>One run of a part: a process whose standard input we hold, so that it ends with us.</summary>
internal sealed class Child : IDisposable
{
    private const string KeyVariable = "Hosting__ClusterKey";
    private const string KeyFileVariable = "Hosting__ClusterKeyFile";

    private readonly Process _process;
    private readonly Task _output;

    private Child(Process process, Task output)
    {
        _process = process;
        _output = output;
    }

    public int Id => _process.Id;

    public static Child Start(Part part, string assembly, ClusterKey key, LogFile log)
    {
        var start = new ProcessStartInfo(SourceTree.Dotnet)
        {
            // Where its appsettings.json is.
            WorkingDirectory = Path.GetDirectoryName(assembly)!,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // A small young generation: its collections stop a node with a large tree for milliseconds instead of a tenth of
        // a second, for a few percent of CPU. The runtime takes this from the environment only.
        start.Environment.TryAdd("DOTNET_GCgen0size", "0x1000000");

        // Command lines are for everybody to read, environments for the same user only.
        start.Environment[KeyVariable] = key.Reveal();
        start.Environment.Remove(KeyFileVariable);
        string[] arguments =
            [assembly, "--urls", Topology.Text(part.Address), "--Hosting:ExitWithParent=true", .. part.Arguments];
        Array.ForEach(arguments, start.ArgumentList.Add);
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
