using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Cloudkeeper.Cluster.Tests.Clusters;

/// <summary>One server of a cluster under test: it can be started, signalled and started again on its old address.</summary>
public sealed class ServerProcess(string name, Uri address, IReadOnlyList<string> arguments, string folder) : IDisposable
{
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(20);
    private readonly string _executable = FindExecutable(name);
    private Process? _process;

    /// <summary>The component and its number: Node1, Gateway2, Proxy.</summary>
    public string Name => name;

    public Uri Address { get; } = address;

    /// <summary>Of a node: where the others reach it.</summary>
    public Uri MemberAddress { get; init; } = address;

    /// <summary>Descriptors that it may have; null: as many as the tests.</summary>
    public int? Descriptors { get; init; }

    /// <summary>All that its environment has, but for where the runtime is; null: what that of the tests has.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    public int Id => _process?.Id ?? throw new InvalidOperationException($"{name} has not been started.");

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Standard output and error of all its lives.</summary>
    public string LogFile { get; } = Path.Combine(folder, $"{name}.log");

    public void Start()
    {
        // The shell redirects and is replaced by the server, which so has its process id and no pipe to us.
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = Path.GetDirectoryName(_executable) };
        start.ArgumentList.Add("-c");
        var limit = Descriptors is { } most ? string.Create(CultureInfo.InvariantCulture, $"ulimit -n {most}; ") : "";
        start.ArgumentList.Add(limit + "exec \"$0\" \"$@\" >>\"$SERVER_LOG\" 2>&1");
        start.ArgumentList.Add(_executable);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        if (Environment is not null)
        {
            foreach (var variable in start.Environment.Keys.Where(key => key is not ("PATH" or "DOTNET_ROOT")).ToList())
            {
                start.Environment.Remove(variable);
            }

            foreach (var (variable, value) in Environment)
            {
                start.Environment[variable] = value;
            }
        }

        start.Environment["SERVER_LOG"] = LogFile;
        start.Environment[TestClusterKey.Variable] = TestClusterKey.Base64;
        start.Environment.Remove("ASPNETCORE_URLS");
        _process?.Dispose();
        _process = Process.Start(start)!;
        Reaper.Watch(_process.Id);
    }

    /// <summary>Runs the server's program with one of its verbs and the server's own settings, to its end.</summary>
    internal Task<Command> RunAsync(params string[] verb) =>
        Command.RunAsync(_executable, [.. verb, .. arguments], folder: Path.GetDirectoryName(_executable));

    public void Send(Signal signal)
    {
        if (IsRunning && Kill(Id, (int)signal) != 0)
        {
            throw new InvalidOperationException($"kill({Id}, {signal}): errno {Marshal.GetLastPInvokeError()}");
        }
    }

    /// <summary>SIGKILL, and waits until the kernel has taken the process apart and freed its port.</summary>
    public async Task KillAsync()
    {
        Send(Signal.Kill);
        await WaitForExitAsync();
    }

    /// <summary>The exit code; 128 + the number of the signal that ended it.</summary>
    public async Task<int> WaitForExitAsync()
    {
        using var limit = new CancellationTokenSource(ExitLimit);
        await _process!.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (_process is null)
        {
            return;
        }

        Send(Signal.Kill);
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    /// <summary>The server as this build made it: artifacts/bin/PROJECT/CONFIGURATION, beside the tests' own.</summary>
    private static string FindExecutable(string name)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var project = $"Cloudkeeper.{name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9')}";
        var executable = Path.Combine(own.Parent!.Parent!.FullName, project, own.Name, project);
        return File.Exists(executable) ? executable : throw new FileNotFoundException("Build the server first.", executable);
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Kill(int processId, int signal);
}
