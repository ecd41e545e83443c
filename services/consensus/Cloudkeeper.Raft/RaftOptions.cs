namespace Cloudkeeper.Raft;

/// <summary>Settings of the protocol. Times are in ticks: how long a tick is, the caller decides.</summary>
public sealed record RaftOptions
{
    public static RaftOptions Default { get; } = new();

    /// <summary>A follower campaigns after this many to twice as many ticks without a leader. At least 3.</summary>
    public int ElectionTicks { get; init; } = 10;

    /// <summary>A leader sends heartbeats every this many ticks. At most a third of the election timeout.</summary>
    public int HeartbeatTicks { get; init; } = 1;

    /// <summary>Most bytes of entries (by <see cref="LogEntry.Size"/>) in one append; one entry always fits.</summary>
    public int AppendBytesMax { get; init; } = 1 << 20;

    /// <summary>Most appends on the way to one follower.</summary>
    public int InFlightMax { get; init; } = 64;

    /// <summary>Most bytes of entries on the way to one follower.</summary>
    public long InFlightBytesMax { get; init; } = 16 << 20;

    /// <summary>Most bytes proposed and not yet committed; beyond it proposals are refused as overloaded.</summary>
    public long UncommittedBytesMax { get; init; } = 64 << 20;

    /// <summary>Most bytes of committed entries in one output; one entry always fits.</summary>
    public long ApplyBytesMax { get; init; } = 16 << 20;

    /// <summary>
    /// All errors of these settings, each naming the setting; empty when they are valid.
    /// </summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        Check(ElectionTicks >= 3, $"{nameof(ElectionTicks)} is {ElectionTicks}: at least 3.");
        Check(HeartbeatTicks >= 1, $"{nameof(HeartbeatTicks)} is {HeartbeatTicks}: at least 1.");
        Check(
            HeartbeatTicks * 3L <= ElectionTicks,
            $"{nameof(HeartbeatTicks)} is {HeartbeatTicks}: at most a third of {nameof(ElectionTicks)}.");
        Check(AppendBytesMax >= 1, $"{nameof(AppendBytesMax)} is {AppendBytesMax}: at least 1.");
        Check(InFlightMax >= 1, $"{nameof(InFlightMax)} is {InFlightMax}: at least 1.");
        Check(InFlightBytesMax >= 1, $"{nameof(InFlightBytesMax)} is {InFlightBytesMax}: at least 1.");
        Check(UncommittedBytesMax >= 1, $"{nameof(UncommittedBytesMax)} is {UncommittedBytesMax}: at least 1.");
        Check(ApplyBytesMax >= 1, $"{nameof(ApplyBytesMax)} is {ApplyBytesMax}: at least 1.");
        return problems;

        void Check(bool isValid, string problem)
        {
            if (!isValid)
            {
                problems.Add(problem);
            }
        }
    }
}
