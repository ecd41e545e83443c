using System.Collections.Concurrent;

namespace Cloudkeeper.Simulation.Bugs;

/// <summary>The verb <c>bugs</c>: is there a bug that the simulation would not find?</summary>
internal sealed class BugsCommand(BugsCommandLine command, TextWriter output)
{
    private readonly Lock _gate = new();
    private readonly string _repository = SourceCopy.FindRepository();
    private readonly BugReport _report = new(command);

    public static int Run(IReadOnlyList<string> args, TextWriter output)
    {
        if (!BugsCommandLine.TryParse(args, out var command, out var problem))
        {
            output.WriteLine(problem);
            output.WriteLine(BugsCommandLine.Help);
            return 2;
        }

        if (command.WantsHelp)
        {
            output.WriteLine(BugsCommandLine.Help);
            return 0;
        }

        if (command.WantsList)
        {
            output.WriteLine(new BugReport(command));
            return 0;
        }

        return new BugsCommand(command, output).Run();
    }

    private int Run()
    {
        var waiting = new ConcurrentQueue<PlantedBug>(command.Bugs);
        var threads = new Thread[Math.Min(command.Jobs, command.Bugs.Count)];
        for (var i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(() => Hunt(waiting)) { Name = $"hunt {i}" };
            threads[i].Start();
        }

        foreach (var thread in threads)
        {
            thread.Join();
        }

        Say(_report.ToString());
        return _report.IsGoodEnough ? 0 : 1;
    }

    private void Hunt(ConcurrentQueue<PlantedBug> waiting)
    {
        using var copy = new SourceCopy(_repository);
        var hunt = new BugHunt(copy, Say);
        while (waiting.TryDequeue(out var bug))
        {
            try
            {
                Finish(bug, hunt.Run(bug, command.Budget), problem: null);
            }
            catch (InvalidOperationException e)
            {
                // The others are worth running all the same; this one counts as not found.
                Finish(bug, result: null, e.Message);
            }
        }
    }

    private void Finish(PlantedBug bug, HuntResult? result, string? problem)
    {
        lock (_gate)
        {
            _report.Add(bug, result);
            _report.Save(_repository);
        }

        Say(problem ?? $"{_report.Done}/{command.Bugs.Count} {bug.Id} {bug.Title}: " + (result is { IsFound: true }
            ? $"found in {result.CpuSeconds:F1} CPU s by {result.Invariant} (seed {result.Run})"
            : $"NOT FOUND in {result!.CpuSeconds:F0} CPU s"));
    }

    private void Say(string line)
    {
        lock (_gate)
        {
            output.WriteLine(line);
        }
    }
}
