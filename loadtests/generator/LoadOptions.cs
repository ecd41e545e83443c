namespace Cloudkeeper.LoadGenerator;

/// <summary>What to measure. Defaults stand in <see cref="Usage"/>; <see cref="CommandLine"/> validates.</summary>
internal sealed record LoadOptions
{
    public IReadOnlyList<Target> Targets { get; init; } = [];

    public IReadOnlyList<Operation> Operations { get; init; } = [Operation.Write, Operation.Read, Operation.Stale];

    public IReadOnlyList<int> Connections { get; init; } = [64];

    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan Warmup { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Repetitions of each line; the contestants take turns within a round.</summary>
    public int Rounds { get; init; } = 1;

    /// <summary>Bytes of a written value.</summary>
    public int ValueSize { get; init; } = 100;

    /// <summary>Nodes that are written and read.</summary>
    public int Keys { get; init; } = 10_000;

    /// <summary>Of <c>watch</c>: different paths that the streams watch between them.</summary>
    public int Paths { get; init; } = 1;

    /// <summary>Of <c>watch</c>: streams on one connection over HTTP/2; 0: over HTTP/1.1, a connection each.</summary>
    public int Streams { get; init; }

    /// <summary>
    /// Requests a second of all connections together; null: each sends its next one when the last is answered. Of
    /// <c>watch</c>: writes a second to the watched paths, in turn.
    /// </summary>
    public int? Rate { get; init; }

    /// <summary>Process ids by the name to show; empty: found by their command lines.</summary>
    public IReadOnlyDictionary<string, int> Processes { get; init; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>Of <c>check</c>: reads that are to be checked.</summary>
    public long Reads { get; init; } = 100_000;

    /// <summary>Of <c>check</c>: events that are to be delivered to all watchers together.</summary>
    public long Events { get; init; } = 100_000;

    /// <summary>Of <c>check</c>: connections that write.</summary>
    public int Writers { get; init; } = 8;

    /// <summary>Of <c>check</c>: streams that watch all keys. Of <c>watch</c>: streams.</summary>
    public int Watchers { get; init; } = 16;

    public string? JsonFile { get; init; }
}

/// <summary>One server to measure, by the name that the report shows.</summary>
internal sealed record Target(string Name, Uri Address);
