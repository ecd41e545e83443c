using System.Globalization;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Bugs;

/// <summary>
/// Runs seed after seed on one thread until something is violated or the CPU time is used up. This is the side of the
/// hunt that runs in the copy with the planted bug; <see cref="BugHunt"/> reads its output.
/// </summary>
internal sealed class SeedHunt(TimeSpan budget, Bug bug, TextWriter output)
{
    /// <summary>A long run costs about as much as this many short ones, and both kinds find bugs of their own.</summary>
    private const int ShortPerLong = 8;

    /// <summary>A run that takes as long as this, in CPU time, turns in a circle. They take a second as a rule.</summary>
    private static readonly TimeSpan RunMax = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(15);

    private readonly Lock _gate = new();
    private TimeSpan _runStarted;
    private HuntedRun _running = new(0, IsShort: true);
    private bool _isOver;

    private static TimeSpan CpuTime => Environment.CpuUsage.TotalTime;

    public static int Run(IReadOnlyList<string> args, TextWriter output) =>
        args is [var seconds, var bug]
        && int.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var budget)
        && Enum.TryParse<Bug>(bug, out var known)
            ? new SeedHunt(TimeSpan.FromSeconds(budget), known, output).Run()
            : 2;

    private int Run()
    {
        using var watchdog = new Timer(_ => EndIfStuck(), null, RunMax, RunMax / 4);
        var nextProgress = ProgressInterval;
        var seeds = 0L;
        for (ulong round = 0; ; round++)
        {
            for (ulong i = 0; i <= ShortPerLong; i++)
            {
                var run = i < ShortPerLong
                    ? new HuntedRun((round * ShortPerLong) + i + 1, IsShort: true)
                    : new HuntedRun(round + 1, IsShort: false);
                if (Try(run) is { } violation)
                {
                    return Say(HuntReport.Found(run, CpuTime, violation), 1);
                }

                seeds++;
                if (CpuTime >= budget)
                {
                    return Say(HuntReport.Nothing(seeds, CpuTime), 0);
                }
            }

            if (CpuTime >= nextProgress)
            {
                nextProgress = CpuTime + ProgressInterval;
                output.WriteLine(HuntReport.Progress(seeds, CpuTime));
            }
        }
    }

    private string? Try(HuntedRun run)
    {
        lock (_gate)
        {
            (_running, _runStarted) = (run, CpuTime);
        }

        return SimulationRun.Execute(run.Draw() with { Bug = bug }).Violation;
    }

    private int Say(string line, int exitCode)
    {
        lock (_gate)
        {
            if (!_isOver)
            {
                _isOver = true;
                output.WriteLine(line);
            }

            return exitCode;
        }
    }

    private void EndIfStuck()
    {
        lock (_gate)
        {
            if (_isOver || CpuTime - _runStarted < RunMax)
            {
                return;
            }

            output.WriteLine(HuntReport.Found(_running, CpuTime, "no end: the run turns in a circle"));
            output.Flush();
            Environment.Exit(1);
        }
    }
}
