using Cloudkeeper.Protocol;
using Cloudkeeper.Raft;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Replica;

/// <summary>
/// The world around a <see cref="ReplicaNode"/>: a process with disks and sockets, or the simulation. Called on the
/// replica's own turn; nothing here may block, and answers come back as later inputs.
/// </summary>
public interface IReplicaHost
{
    /// <summary>Milliseconds of a clock that never jumps: for time-outs, never for safety.</summary>
    long MonotonicMilliseconds { get; }

    /// <summary>Unix milliseconds, stamped on entries by the leader.</summary>
    long UnixMilliseconds { get; }

    /// <summary>Sends or loses a message.</summary>
    void Send(RaftMessage message);

    /// <summary>Makes a write durable, in order; <see cref="ReplicaNode.WriteCompleted"/> follows.</summary>
    void Persist(RaftWrite write);

    /// <summary>Opens a snapshot file; its completion comes back as <see cref="ReplicaNode.SnapshotStored"/>.</summary>
    ISnapshotSink CreateSnapshot(SnapshotMetadata metadata);

    /// <summary>The log in front of <paramref name="keepFrom"/> is not needed any more.</summary>
    void CompactLog(LogIndex keepFrom);

    /// <summary>The state has reached this revision.</summary>
    void Applied(StateMachine machine, Revision revision);

    /// <summary>
    /// Behind an entry this replica had another digest than the leader that stamped the checkpoint: one of the two is
    /// wrong. The others can be asked for theirs: <see cref="ReplicaNode.DigestAt"/>.
    /// </summary>
    void DigestDiffers(LogIndex index, ulong own, ulong stamped);
}

/// <summary>Where the blocks of one snapshot go.</summary>
public interface ISnapshotSink
{
    /// <summary>False: enough is waiting to be written, offer the next block later.</summary>
    bool WantsMore { get; }

    /// <summary>Takes a copy of the block, or writes it at once.</summary>
    void Write(ReadOnlySpan<byte> block);

    /// <summary>No more blocks: make it durable, then call <see cref="ReplicaNode.SnapshotStored"/>.</summary>
    void Complete();

    void Abandon();
}
