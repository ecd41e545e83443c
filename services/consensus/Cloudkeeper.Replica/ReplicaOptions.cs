using Cloudkeeper.Raft;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Replica;

public sealed record ReplicaOptions
{
    /// <summary>Nodes that belong to another cluster are sent away.</summary>
    public Guid ClusterId { get; init; }

    /// <summary>Election and replication; limits stand there.</summary>
    public RaftOptions Raft { get; init; } = RaftOptions.Default;

    /// <summary>
    /// Bounds of the state machine. They must be the same on every replica: they decide which commands are applied.
    /// </summary>
    public StateMachineOptions Tree { get; init; } = new();

    /// <summary>A snapshot is begun when the entries since the last one weigh this many bytes.</summary>
    public long SnapshotLogBytes { get; init; } = 64L << 20;

    /// <summary>… or are this many.</summary>
    public long SnapshotLogEntries { get; init; } = 200_000;

    /// <summary>Most entries in front of a snapshot that stay in the log, so that a slow follower needs no snapshot.</summary>
    public long KeptEntries { get; init; } = 10_000;

    /// <summary>Most bytes of such entries; the log is in memory as well.</summary>
    public long KeptBytes { get; init; } = 16L << 20;

    /// <summary>How long to wait after a snapshot that found no room, in milliseconds.</summary>
    public long SnapshotRetryMilliseconds { get; init; } = 10_000;

    /// <summary>Bytes of one snapshot block; writing one takes about a millisecond of the replica's turn.</summary>
    public int SnapshotBlockBytes { get; init; } = 128 << 10;

    /// <summary>Replicas compare their digests at every multiple of this many entries; the same on all of them.</summary>
    public int CheckpointEntries { get; init; } = 1_000;

    /// <summary>How long a read waits for its <c>MinRevision</c>, in milliseconds (API.md: 5 s).</summary>
    public long MinRevisionWaitMilliseconds { get; init; } = 5_000;

    /// <summary>
    /// A time without a turn is counted up to this many milliseconds: a longer one was a pause of the process, by which
    /// no session and no TTL node ages. Several ticks.
    /// </summary>
    public long PauseMilliseconds { get; init; } = 1_000;

    /// <summary>Most command batches waiting for their commit.</summary>
    public int PendingBatchesMax { get; init; } = 4_096;

    /// <summary>Most read batches and keepalives waiting for their round or revision.</summary>
    public int PendingReadsMax { get; init; } = 16_384;
}
