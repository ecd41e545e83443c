using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Cloudkeeper.LoadGenerator.Engine;

namespace Cloudkeeper.LoadGenerator.Processes;

/// <summary>A server that the generator starts for a comparison and ends with it.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>Its output goes to <paramref name="logFile"/>; its input is a pipe that closes when the generator dies.</summary>
    public static ChildProcess Start(string program, IEnumerable<string> arguments, string logFile)
    {
        // The shell only redirects and is replaced at once: a pipe to us would cost wake-ups in the measured process.
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("exec \"$0\" \"$@\" >\"$CHILD_LOG\" 2>&1");
        start.ArgumentList.Add(program);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["CHILD_LOG"] = logFile;
        foreach (var variable in SocketEngine.Variables)
        {
            start.Environment.Remove(variable);
        }

        return new ChildProcess(Process.Start(start)!);
    }

    public async Task WaitForPortAsync(int port, TimeSpan limit, CancellationToken stopping)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await TryConnectAsync(port, stopping))
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(started) > limit)
            {
                throw new LoadException($"The server for port {port} did not come up.");
            }

            await Task.Delay(50, stopping);
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static async Task<bool> TryConnectAsync(int port, CancellationToken stopping)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, stopping);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
