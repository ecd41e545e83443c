using System.Globalization;
using System.Text;
using Cloudkeeper.LoadGenerator.Engine;

namespace Cloudkeeper.LoadGenerator.Watching;

/// <summary>A measurement as text.</summary>
internal static class WatchReport
{
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    public static string Format(WatchMeasurement it)
    {
        var text = new StringBuilder();
        text.Append(Invariant, $"{it.Watchers} watchers of {it.Paths} path(s) on {it.Connections} connection(s)");
        text.AppendLine(Invariant, $", open after {it.Opened.TotalSeconds:F1} s");
        text.AppendLine(Invariant, $"{it.Writes} writes, {it.Each.Count} of {it.ExpectedCount} deliveries, {it.ProgressCount} progress");
        text.AppendLine(Invariant, $"  to a watcher         {Times(it.Each)}");
        text.AppendLine(Invariant, $"  to the last watcher  {Times(it.Last)}");
        foreach (var (error, count) in it.Errors)
        {
            text.AppendLine(Invariant, $"  {count} streams broke: {error}");
        }

        text.AppendLine(Invariant, $"{"process",-12}{"KiB/watcher",12}{"cpu silent",12}{"cpu busy",12}");
        foreach (var (process, silent) in it.SilentCpu)
        {
            var memory = it.BytesPerWatcher.TryGetValue(process, out var bytes) ? bytes / 1024.0 : 0;
            var busy = it.BusyCpu.GetValueOrDefault(process);
            text.AppendLine(Invariant, $"{process,-12}{memory,12:F1}{silent,12:P1}{busy,12:P1}");
        }

        return text.ToString();
    }

    private static string Times(LatencyHistogram times) => string.Create(Invariant,
        $"p50 {Milliseconds(times, 50):F1} ms  p99 {Milliseconds(times, 99):F1} ms  max {times.MaxMicroseconds / 1000.0:F1} ms");

    private static double Milliseconds(LatencyHistogram times, double percent) => times.PercentileMicroseconds(percent) / 1000.0;
}
