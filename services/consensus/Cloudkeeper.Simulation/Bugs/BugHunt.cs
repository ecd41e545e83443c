using System.Diagnostics;
using System.Globalization;
using System.Text;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Bugs;

/// <summary>Plants one bug after the other in a copy of the sources, builds it and lets it run.</summary>
internal sealed class BugHunt(SourceCopy copy, Action<string> say)
{
    private const string Project = "services/consensus/Cloudkeeper.Simulation";

    /// <summary>Speed is all that matters here: the sources themselves are held to every rule.</summary>
    private static readonly string[] BuildArguments =
    [
        "build", Project, "-c", "Release", "-nologo", "-v", "quiet", "-m:1", "-nodeReuse:false",
        "-p:RunAnalyzers=false", "-p:EnforceCodeStyleInBuild=false", "-p:TreatWarningsAsErrors=false",
        "-p:GenerateDocumentationFile=false", "-p:NuGetAudit=false", "-p:WarningLevel=0",
    ];

    private bool _isRestored;

    /// <exception cref="InvalidOperationException">
    /// The planted bug does not build, or the seed that seems to find it fails without it as well.
    /// </exception>
    public HuntResult Run(PlantedBug bug, TimeSpan budget)
    {
        copy.Plant(bug);
        Build(bug);
        var executable = Path.Combine(copy.Root, "artifacts/bin/Cloudkeeper.Simulation/release/Cloudkeeper.Simulation");
        var seconds = ((long)budget.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        HuntResult? result = null;
        var output = new StringBuilder();
        var exitCode = Execute(executable, ["hunt", seconds, bug.Switch.ToString()], line =>
        {
            output.AppendLine(line);
            result ??= HuntReport.Read(line);
            if (result is null)
            {
                say($"  {bug.Id}: {line.Split('\t')[^1]}");
            }
        });
        return Verified(bug, result ?? throw new InvalidOperationException($"{bug.Id} ended with {exitCode}: {output}"));
    }

    /// <summary>A seed that fails without the bug as well has not found the bug.</summary>
    private static HuntResult Verified(PlantedBug bug, HuntResult result)
    {
        var without = result.Run is null ? null : SimulationRun.Execute(result.Run.Draw()).Violation;
        return without is null
            ? result
            : throw new InvalidOperationException($"{bug.Id}: seed {result.Run} fails without it as well: {without}");
    }

    private void Build(PlantedBug bug)
    {
        var output = new StringBuilder();
        var arguments = _isRestored ? BuildArguments.Append("--no-restore") : BuildArguments;
        if (Execute("dotnet", arguments, line => output.AppendLine(line)) != 0)
        {
            throw new InvalidOperationException($"{bug.Id} does not build: {output}");
        }

        _isRestored = true;
    }

    private int Execute(string program, IEnumerable<string> arguments, Action<string> line)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = copy.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, e) => Take(e.Data);
        process.OutputDataReceived += (_, e) => Take(e.Data);
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        process.WaitForExit();
        return process.ExitCode;

        void Take(string? text)
        {
            if (text is not null)
            {
                lock (start)
                {
                    line(text);
                }
            }
        }
    }
}
