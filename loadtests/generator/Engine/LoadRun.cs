using System.Diagnostics;
using Cloudkeeper.LoadGenerator.Processes;

namespace Cloudkeeper.LoadGenerator.Engine;

/// <summary>One line of a report: a contestant under one operation at one number of connections.</summary>
internal static class LoadRun
{
    /// <summary>How long answers may be outstanding after the end before they count as unanswered.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(15);

    public static async Task<Measurement> MeasureAsync(
        IContestant contestant, Operation operation, int connections, LoadOptions options, CancellationToken stopping)
    {
        var window = LoadWindow.Starting(options.Warmup, options.Duration);
        using var pace = options.Rate is { } rate ? new LoadPace(rate) : null;
        var open = Enumerable.Range(0, connections)
            .Select(i => new LoadConnection(contestant.CreateExchange(operation, i), contestant.ServerOf(i), window, pace))
            .ToList();
        try
        {
            open.ForEach(c => c.Start());
            await DelayUntilAsync(window.From, stopping);
            var before = ProcessCpu.Sample(contestant.Processes);
            await DelayUntilAsync(window.Until, stopping);
            var after = ProcessCpu.Sample(contestant.Processes);
            var unanswered = await FinishAsync(open, stopping);
            return Summarize(contestant.Name, operation, options, open, unanswered, ProcessCpu.Spent(before, after));
        }
        finally
        {
            open.ForEach(c => c.Dispose());
        }
    }

    /// <summary>Writes every key once, so that writes replace and reads find.</summary>
    public static async Task FillAsync(IContestant contestant, CancellationToken stopping)
    {
        const int Shares = 64;
        var open = Enumerable.Range(0, Shares)
            .Select(i => new LoadConnection(contestant.CreateFill(i, Shares), contestant.ServerOf(i), LoadWindow.Unlimited))
            .ToList();
        try
        {
            open.ForEach(c => c.Start());
            await Task.WhenAll(open.Select(c => c.Finished)).WaitAsync(stopping);
            var errors = MergeErrors(open);
            if (errors.Count > 0)
            {
                var list = string.Join(", ", errors.Select(e => $"{e.Value} x {e.Key}"));
                throw new LoadException($"{contestant.Name}: the keys could not be written: {list}.");
            }
        }
        finally
        {
            open.ForEach(c => c.Dispose());
        }
    }

    private static async Task DelayUntilAsync(long timestamp, CancellationToken stopping)
    {
        var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), timestamp);
        if (left > TimeSpan.Zero)
        {
            await Task.Delay(left, stopping);
        }
    }

    private static async Task<int> FinishAsync(List<LoadConnection> open, CancellationToken stopping)
    {
        var all = Task.WhenAll(open.Select(c => c.Finished));
        await Task.WhenAny(all, Task.Delay(Grace, stopping));
        stopping.ThrowIfCancellationRequested();
        return open.Count(c => !c.Finished.IsCompleted);
    }

    private static Measurement Summarize(
        string name,
        Operation operation,
        LoadOptions options,
        List<LoadConnection> open,
        int unanswered,
        IReadOnlyDictionary<string, TimeSpan> cpu)
    {
        var latencies = new LatencyHistogram();
        open.ForEach(c => latencies.Add(c.Latencies));
        var errors = MergeErrors(open);
        if (unanswered > 0)
        {
            errors["unanswered"] = unanswered;
        }

        var operations = Math.Max(1, latencies.Count);
        return new Measurement
        {
            Contestant = name,
            Operation = operation,
            Connections = open.Count,
            OperationsPerSecond = latencies.Count / options.Duration.TotalSeconds,
            P50Milliseconds = latencies.PercentileMicroseconds(50) / 1000.0,
            P99Milliseconds = latencies.PercentileMicroseconds(99) / 1000.0,
            MaxMilliseconds = latencies.MaxMicroseconds / 1000.0,
            Errors = errors,
            CpuMicrosecondsPerOperation = cpu.ToDictionary(
                c => c.Key, c => c.Value.TotalMicroseconds / operations, StringComparer.Ordinal),
        };
    }

    private static SortedDictionary<string, long> MergeErrors(List<LoadConnection> open)
    {
        var errors = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (code, count) in open.SelectMany(c => c.Errors))
        {
            errors[code] = errors.GetValueOrDefault(code) + count;
        }

        return errors;
    }
}
