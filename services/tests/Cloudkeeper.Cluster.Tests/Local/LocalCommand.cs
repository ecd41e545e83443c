using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests.Local;

/// <summary>The command that starts a cluster on this machine, run as a user runs it, on ports of its own.</summary>
internal sealed class LocalCommand : IDisposable
{
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();

    private LocalCommand(string data, int port, int basePort, string nodes, IReadOnlyDictionary<string, string> environment)
    {
        Data = data;
        Port = port;
        BasePort = basePort;
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        string[] arguments =
        [
            Assembly, .. BuildArguments, "--data", data, nodes,
            "--port", Text(Port), "--base-port", Text(BasePort),
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        _process.ErrorDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Data { get; }

    public int Port { get; }

    public int BasePort { get; }

    public Uri Address => new($"http://127.0.0.1:{Port}");

    public string Output => string.Join('\n', _output);

    /// <summary>Beside the tests: built in the same configuration.</summary>
    public static string Assembly
    {
        get
        {
            var own = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(own.Parent!.Parent!.FullName, "Cloudkeeper.Local", own.Name, "Cloudkeeper.Local.dll");
        }
    }

    /// <summary>It runs release builds; a release build of the tests has made them.</summary>
    private static string[] BuildArguments =>
        new DirectoryInfo(AppContext.BaseDirectory).Name == "release" ? ["--no-build"] : [];

    /// <param name="environment">Settings of the processes that it starts, as those of their own would be.</param>
    public static LocalCommand Start(
        string data, int port, int basePort, string nodes = "--nodes=3", IReadOnlyDictionary<string, string>? environment = null) =>
        new(data, port, basePort, nodes, environment ?? new Dictionary<string, string>(StringComparer.Ordinal));

    /// <summary>Waits for the whole greeting: its lines arrive one by one.</summary>
    public async Task WaitUntilReadyAsync()
    {
        var first = $"Cloudkeeper is ready at {Address.GetLeftPart(UriPartial.Authority)}";
        const string last = "Ctrl-C stops it.";
        await Eventually.TrueAsync(
            () => Task.FromResult(_process.HasExited || _output.Contains(last, StringComparer.Ordinal)), ReadyLimit, first);
        Assert.False(_process.HasExited, Output);
        Assert.Contains(first, Output, StringComparison.Ordinal);
    }

    /// <summary>The processes that it has started, by the addresses on their command lines.</summary>
    public IReadOnlyList<Process> Children(string project = "Cloudkeeper.") =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0 && CommandLine(id) is { } line
                && line.Contains("--Hosting:ExitWithParent=true", StringComparison.Ordinal)
                && line.Contains(project, StringComparison.Ordinal)
                && (line.Contains($"http://127.0.0.1:{BasePort + 1},", StringComparison.Ordinal)
                    || line.Contains($"http://127.0.0.1:{BasePort + 1} ", StringComparison.Ordinal)))
            .Select(Process.GetProcessById),
    ];

    /// <summary>Ctrl-C.</summary>
    public async Task<int> InterruptAsync()
    {
        await Command.RunAsync("kill", ["-INT", Text(_process.Id)]);
        return await WaitForExitAsync();
    }

    public async Task<int> KillAsync()
    {
        _process.Kill();
        return await WaitForExitAsync();
    }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }

    public async Task<int> WaitForExitAsync()
    {
        using var limit = new CancellationTokenSource(StopLimit);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Null when the process has meanwhile ended.</summary>
    private static string? CommandLine(int processId)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/cmdline").Replace('\0', ' ');
        }
        catch (IOException)
        {
            return null;
        }
    }
}
