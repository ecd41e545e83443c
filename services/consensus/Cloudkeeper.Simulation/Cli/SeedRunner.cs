using System.Diagnostics;
using System.Globalization;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Cli;

/// <summary>Runs many seeds, several at a time, each on one thread; stops at the first violation.</summary>
internal sealed class SeedRunner(CommandLine command, TextWriter output)
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Totals _totals = new();
    private readonly SortedSet<ulong> _underWay = [];
    private RunResult? _violation;
    private long _next;
    private long _done;

    public int Run()
    {
        var threads = new Thread[Math.Min(command.Jobs, command.Seeds)];
        for (var i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(RunSeeds) { Name = $"seeds {i}" };
            threads[i].Start();
        }

        // Seeds under way are named each time: if one of them takes the process down, its name is the last output.
        foreach (var thread in threads)
        {
            while (!thread.Join(ProgressInterval))
            {
                lock (_gate)
                {
                    output.WriteLine($"{Speed($"{_done} seeds")}, under way: {string.Join(' ', _underWay)}");
                }
            }
        }

        return Report();
    }

    private void RunSeeds()
    {
        while (TryTake(out var seed))
        {
            var drawn = command.IsShort ? Swarm.DrawShort(seed) : Swarm.Draw(seed);
            Finish(Execute(drawn with { Bug = command.Bug }));
        }
    }

#pragma warning disable CA1031 // An error of the simulator itself must name its seed too, and not end the process.
    private RunResult Execute(SimulationOptions options)
    {
        try
        {
            return SimulationRun.Execute(options, command.IsTraced ? e => output.WriteLine(e) : null);
        }
        catch (Exception e)
        {
            return new RunResult(options, $"the simulator: {e}", TraceHash: 0, new Totals(), []);
        }
    }
#pragma warning restore CA1031

    private bool TryTake(out ulong seed)
    {
        lock (_gate)
        {
            seed = command.From + (ulong)_next;
            return _violation is null && _next++ < command.Seeds && _underWay.Add(seed);
        }
    }

    private void Finish(RunResult result)
    {
        lock (_gate)
        {
            _done++;
            _underWay.Remove(result.Options.Seed);
            _totals.Add(result.Totals);
            if (result.Violation is not null && !(_violation?.Options.Seed < result.Options.Seed))
            {
                _violation = result;
            }
        }
    }

    private int Report()
    {
        output.Write(_totals);
        output.WriteLine(Speed("all"));
        if (_violation is null)
        {
            output.WriteLine($"{_done} seeds, 0 violations");
            return 0;
        }

        foreach (var line in _violation.LastEvents)
        {
            output.WriteLine(line);
        }

        output.WriteLine();
        output.WriteLine($"Seed {_violation.Options.Seed}: {_violation.Violation}");
        output.WriteLine($"With {_violation.Options}");
        output.WriteLine($"Trace {_violation.TraceHash:x16}. To replay it:");
        output.WriteLine(
            "  dotnet run -c Release --project services/consensus/Cloudkeeper.Simulation -- "
            + $"--seed {_violation.Options.Seed}{(command.IsShort ? " --short" : "")}"
            + $"{(command.Bug == Bug.None ? "" : $" --bug {command.Bug}")} --trace");
        output.WriteLine($"{_done} seeds, 1 violation");
        return 1;
    }

    private string Speed(string what)
    {
        var simulated = _totals.SimulatedTime / 1e6;
        var cpu = Environment.CpuUsage.TotalTime.TotalSeconds;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: {simulated:F0} s simulated in {_clock.Elapsed.TotalSeconds:F0} s, "
            + $"{simulated / cpu:F0} per CPU second");
    }
}
