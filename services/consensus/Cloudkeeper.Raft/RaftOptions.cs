namespace Cloudkeeper.Raft;

/// <summary>Settings of the protocol. Times are in ticks: how long a tick is, the caller decides.</summary>
public sealed record RaftOptions
{
    public static RaftOptions Default { get; } = new();

    /// <summary>A follower campaigns after this many to twice as many ticks without a leader. At least 3.</summary>
    public int ElectionTicks { get; init; } = 10;

    /// <summary>A leader sends heartbeats every this many ticks. Less than a third of the election timeout.</summary>
    public int HeartbeatTicks { get; init; } = 1;

    /// <summary>Most bytes of entries (by <see cref="LogEntry.Size"/>) in one append; one entry always fits.</summary>
    public int AppendBytesMax { get; init; } = 1 << 20;

    /// <summary>Most appends on the way to one follower.</summary>
    public int InFlightMax { get; init; } = 64;

    /// <summary>Most bytes of entries on the way to one follower.</summary>
    public long InFlightBytesMax { get; init; } = 16 << 20;

    /// <summary>Most bytes proposed and not yet committed; beyond it proposals are refused as overloaded.</summary>
    public long UncommittedBytesMax { get; init; } = 64 << 20;
}
