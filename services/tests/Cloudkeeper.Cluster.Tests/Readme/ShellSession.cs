using System.Diagnostics;
using System.Text.RegularExpressions;
using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests.Readme;

/// <summary>
/// Runs commands one after the other as a reader would type them: shell variables live on, and streams go on in a
/// second terminal.
/// </summary>
internal sealed partial class ShellSession : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cloudkeeper-shell-").FullName;
    private readonly List<(ReadmeCommand Command, Process Process, string OutputFile)> _streams = [];

    public IEnumerable<ReadmeCommand> Streams => _streams.Select(s => s.Command);

    /// <summary>The exit status is the command's own; its variables are kept for the next.</summary>
    public Task<Command> RunAsync(string command)
    {
        const string Script = """
            touch variables && . ./variables
            eval "$COMMAND"
            status=$?
            declare -p | grep -E '^declare -- [A-Za-z_]+=' | grep -vE '^declare -- (BASH|COMMAND|status|_)' > variables
            exit $status
            """;
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["COMMAND"] = command };
        return Command.RunAsync("bash", ["-c", Script], environment, _folder);
    }

    /// <summary>Returns when the stream's response has begun: what changes from now on is in it.</summary>
    public async Task StartStreamAsync(ReadmeCommand command)
    {
        var home = Directory.CreateDirectory(Path.Combine(_folder, $"stream{_streams.Count}")).FullName;
        await File.WriteAllTextAsync(Path.Combine(home, ".curlrc"), $"dump-header = {home}/headers");
        var outputFile = Path.Combine(home, "output");
        var start = new ProcessStartInfo("bash") { UseShellExecute = false, WorkingDirectory = _folder };
        start.Environment["CURL_HOME"] = home;
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"touch variables && . ./variables && {command.Text} > {outputFile} 2> {home}/errors");
        _streams.Add((command, Process.Start(start)!, outputFile));
        await Eventually.TrueAsync(
            () => Task.FromResult(new FileInfo(Path.Combine(home, "headers")) is { Exists: true, Length: > 0 }),
            TimeSpan.FromSeconds(10),
            $"{command.Text} answers");
    }

    /// <summary>What it has answered so far, without the progress events that come whenever nothing else does.</summary>
    public string OutputOf(ReadmeCommand command)
    {
        var file = _streams.Single(s => s.Command == command).OutputFile;
        return File.Exists(file) ? ProgressPattern().Replace(File.ReadAllText(file), "") : "";
    }

    public void Dispose()
    {
        foreach (var (_, process, _) in _streams)
        {
            process.Kill(entireProcessTree: true);
            process.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [GeneratedRegex(@"^event: progress\n(.+\n)*\n", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ProgressPattern();
}
