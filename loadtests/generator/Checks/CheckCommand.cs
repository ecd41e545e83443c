using System.Diagnostics;
using System.Globalization;

namespace Cloudkeeper.LoadGenerator.Checks;

/// <summary>
/// <c>check</c>: runs the checks against servers that the caller looks after, and prints its progress.
/// </summary>
internal static class CheckCommand
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync(LoadOptions load, CancellationToken stopping)
    {
        var options = new CheckOptions(load.Targets)
        {
            Reads = load.Reads,
            Events = load.Events,
            Keys = load.Keys,
            Readers = load.Connections[0],
            Writers = load.Writers,
            Watchers = load.Watchers,
        };
        var started = Stopwatch.GetTimestamp();
        using var run = new CheckRun(options);
        var running = run.RunAsync(stopping);
        while (await Task.WhenAny(running, Task.Delay(ReportInterval, stopping)) != running)
        {
            Report(run, started);
        }

        await running;
        Report(run, started);
        foreach (var violation in run.Violations.First)
        {
            Console.WriteLine(violation);
        }

        Console.WriteLine($"{run.Violations.Count} violations");
        return run.Violations.Count == 0 ? 0 : 1;
    }

    private static void Report(CheckRun run, long started)
    {
        var totals = run.Totals;
        var sources = string.Join(", ", totals.Sources.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => $"{s.Key} {s.Value}"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s: {totals.Reads} reads ({sources}), {totals.Writes} writes, "
            + $"{totals.Events} events, {totals.Unanswered} unanswered, {totals.Refused} refused, {totals.Resumed} watches resumed, "
            + $"{run.Violations.Count} violations"));
    }
}
