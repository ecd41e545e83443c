using Cloudkeeper.Protocol;

namespace Cloudkeeper.Tree;

/// <summary>
/// Bounds of the replicated tables. They decide outcomes, so every replica of a cluster must have the same ones:
/// replicas that differ see it in the digest.
/// </summary>
public sealed record StateMachineOptions
{
    public static readonly StateMachineOptions Default = new();

    /// <summary>The newest feature level that is known here; a state above it is refused. Lower in tests only.</summary>
    public int NewestLevel { get; init; } = FeatureLevels.Newest;

    /// <summary>Most live sessions; more are refused as overloaded.</summary>
    public int SessionsMax { get; init; } = 1_000_000;

    /// <summary>Most ended sessions that are still answered as expired; past that the oldest are forgotten early.</summary>
    public int EndedSessionsMax { get; init; } = 1_000_000;

    /// <summary>Most idempotency keys kept at once; none is forgotten early, more are refused as overloaded.</summary>
    public int IdempotencyKeysMax { get; init; } = 1_000_000;

    /// <summary>Most bytes of results kept for idempotency keys; more keys are refused as overloaded.</summary>
    public long IdempotencyBytesMax { get; init; } = 512L << 20;

    /// <summary>Most lanes; the longest idle one makes room if it has been idle for a minute.</summary>
    public int LanesMax { get; init; } = 1_024;

    /// <summary>Most results kept in one lane for a gateway that does not confirm them.</summary>
    public int LaneResultsMax { get; init; } = 16_384;

    /// <summary>Most bytes of results kept in one lane.</summary>
    public long LaneBytesMax { get; init; } = 64L << 20;

    /// <summary>Most nodes that one transaction deletes, from feature level 4 on.</summary>
    public int DeletedNodesMax { get; init; } = Limits.DeletedNodesMax;

    /// <summary>Most characters of their paths together, from feature level 4 on.</summary>
    public long DeletedPathCharsMax { get; init; } = Limits.DeletedPathCharsMax;

    /// <summary>Most parents that one transaction creates, from feature level 4 on.</summary>
    public int CreatedParentsMax { get; init; } = Limits.CreatedParentsMax;

    /// <summary>Most ephemeral nodes of a session, from feature level 4 on.</summary>
    public int EphemeralsMax { get; init; } = Limits.EphemeralsMax;

    /// <summary>Most change sets kept for watches to resume from.</summary>
    public int HistorySetsMax { get; init; } = 100_000;

    /// <summary>Most bytes of change sets kept, values that the tree shares included. Before feature level 4 only.</summary>
    public long HistoryBytesMax { get; init; } = 64L << 20;

    /// <summary>
    /// Most bytes of the facts of change sets, values up to <see cref="Limits.FeedValueBytesMax"/> included; one
    /// transaction counts for a quarter at most, however large it is. From feature level 4 on.
    /// </summary>
    public long HistoryFactBytesMax { get; init; } = 64L << 20;

    /// <summary>
    /// Most bytes of the values beside that, which are forgotten before the changes are; a transaction that has more than half
    /// of it keeps none of the values before it. From feature level 4 on.
    /// </summary>
    public long HistoryValueBytesMax { get; init; } = 64L << 20;

    /// <summary>Most deleted paths whose deletion revision is remembered.</summary>
    public int TombstonesMax { get; init; } = 100_000;
}
