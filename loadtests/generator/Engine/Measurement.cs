namespace Cloudkeeper.LoadGenerator.Engine;

/// <summary>What came out of one run. Latencies and rates are of successful operations only.</summary>
internal sealed record Measurement
{
    public required string Contestant { get; init; }

    public required Operation Operation { get; init; }

    public required int Connections { get; init; }

    public required double OperationsPerSecond { get; init; }

    public required double P50Milliseconds { get; init; }

    public required double P99Milliseconds { get; init; }

    public required double MaxMilliseconds { get; init; }

    /// <summary>How often, by HTTP status or by what happened to the connection.</summary>
    public required IReadOnlyDictionary<string, long> Errors { get; init; }

    /// <summary>By process name; the generator is one of them.</summary>
    public required IReadOnlyDictionary<string, double> CpuMicrosecondsPerOperation { get; init; }
}
