using Cloudkeeper.LoadGenerator.Engine;

namespace Cloudkeeper.LoadGenerator.Watching;

/// <summary>What a run with many watchers has shown.</summary>
internal sealed record WatchMeasurement
{
    public required int Watchers { get; init; }

    public required int Connections { get; init; }

    /// <summary>Different paths that they watch between them.</summary>
    public required int Paths { get; init; }

    /// <summary>From the first connection until all were answered.</summary>
    public required TimeSpan Opened { get; init; }

    public required int Writes { get; init; }

    /// <summary>Deliveries that the writes should have caused.</summary>
    public required int ExpectedCount { get; init; }

    /// <summary>From sending a write to each of its watchers having it.</summary>
    public required LatencyHistogram Each { get; init; }

    /// <summary>From sending a write to the last of its watchers having it.</summary>
    public required LatencyHistogram Last { get; init; }

    public required int ProgressCount { get; init; }

    /// <summary>Streams that broke, by reason.</summary>
    public required IReadOnlyDictionary<string, int> Errors { get; init; }

    /// <summary>By process: resident memory that came with the watchers, divided by their number.</summary>
    public required IReadOnlyDictionary<string, long> BytesPerWatcher { get; init; }

    /// <summary>By process: share of one processor while nothing is written.</summary>
    public required IReadOnlyDictionary<string, double> SilentCpu { get; init; }

    /// <summary>By process: share of one processor while there are writes.</summary>
    public required IReadOnlyDictionary<string, double> BusyCpu { get; init; }
}
