namespace Cloudkeeper.LoadGenerator.Checks;

/// <summary>The clients, their work, and its end.</summary>
internal sealed record CheckOptions(IReadOnlyList<Target> Targets)
{
    /// <summary>Linearizable reads that are to be checked.</summary>
    public long Reads { get; init; } = 100_000;

    /// <summary>Events that are to be delivered to all watchers together.</summary>
    public long Events { get; init; } = 100_000;

    public int Keys { get; init; } = 100;

    public int Readers { get; init; } = 32;

    public int Writers { get; init; } = 8;

    public int Watchers { get; init; } = 16;
}
