using Cloudkeeper.Raft;
using Cloudkeeper.Storage;

namespace Cloudkeeper.Node.Metrics;

/// <summary>A node's state as seen from outside, as of the end of one turn.</summary>
internal sealed record NodeState
{
    public static NodeState Starting { get; } = new();

    public bool IsLeader { get; init; }

    public bool HasLeader { get; init; }

    public long Term { get; init; }

    public long CommitIndex { get; init; }

    public long AppliedIndex { get; init; }

    public long LastIndex { get; init; }

    public long SnapshotIndex { get; init; }

    public long Revision { get; init; }

    public long TreeNodes { get; init; }

    public long Sessions { get; init; }

    public long PendingBatches { get; init; }

    public long LogBytes { get; init; }

    public long FeedStreams { get; init; }

    /// <summary>In force, though perhaps not committed yet.</summary>
    public Membership Membership { get; init; } = Membership.Empty;

    /// <summary>The growth that the disk has room for.</summary>
    public StorageRoom Room { get; init; }
}
