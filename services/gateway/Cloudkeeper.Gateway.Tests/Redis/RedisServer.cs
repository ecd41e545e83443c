using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Cloudkeeper.Gateway.Tests.Redis;

/// <summary>A real redis-server on a loopback port, with nothing on disk.</summary>
public sealed class RedisServer : IAsyncLifetime
{
    private readonly int _port = FreePort();
    private Process? _process;

    public string Address => $"127.0.0.1:{_port}";

    /// <summary>Of a user named <c>cloudkeeper</c> with the password <c>test</c>, separated by spaces; null: there is none.</summary>
    public string? Rights { get; init; }

    public async ValueTask InitializeAsync() => await StartAsync();

    /// <summary>Starts it (again), empty and at the same port.</summary>
    public async Task StartAsync()
    {
        var start = new ProcessStartInfo("redis-server")
        {
            ArgumentList = { "--port", Text(_port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no" },
            RedirectStandardOutput = true,
            UseShellExecute = false,
            WorkingDirectory = Path.GetTempPath(),
        };
        string[] user = Rights is null ? [] : ["--user", "cloudkeeper", "on", ">test", .. Rights.Split(' ')];
        Array.ForEach(user, start.ArgumentList.Add);
        try
        {
            _process = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            Assert.Fail($"redis-server does not start; infra/test.sh installs it: {e.Message}");
        }

        var said = "";
        while (!said.Contains("Ready to accept connections", StringComparison.Ordinal))
        {
            said = await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("redis-server has ended.");
        }
    }

    /// <summary>Ends it without a word.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    /// <summary>Freezes it: its connections stay open and nothing answers.</summary>
    public Task PauseAsync() => SignalAsync("-STOP");

    /// <summary>FLUSHALL.</summary>
    public async Task EmptyAsync()
    {
        using var client = Process.Start("redis-cli", ["-p", Text(_port), "flushall"]);
        await client.WaitForExitAsync();
        Assert.Equal(0, client.ExitCode);
    }

    public Task ContinueAsync() => SignalAsync("-CONT");

    public async ValueTask DisposeAsync() => await KillAsync();

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [signal, Text(_process!.Id)]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
