using Cloudkeeper.Raft.Replication;

namespace Cloudkeeper.Raft;

/// <summary>Compaction of the log, and followers that need compacted entries (thesis, chapter 5).</summary>
public sealed partial class RaftNode
{
    private SnapshotMetadata? _restore;

    /// <summary>
    /// A durable snapshot covers all entries up to <paramref name="snapshot"/>; entries before
    /// <paramref name="keepFrom"/> (at most the one behind the snapshot's index) may be forgotten. A snapshot older
    /// than the last one known changes nothing.
    /// </summary>
    public void Compact(SnapshotMetadata snapshot, LogIndex keepFrom)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        Invariant.Require(snapshot.Index <= _handedOut);
        _log.Compact(snapshot, keepFrom);
    }

    /// <summary>
    /// From where the log would have to be kept for its last entries through <paramref name="through"/> to stay, as many
    /// as fit into the limits: the tail that a slow follower can be given without a snapshot.
    /// </summary>
    public LogIndex TailFrom(LogIndex through, long countMax, long bytesMax) =>
        _log.TailFrom(through, countMax, bytesMax);

    /// <summary>
    /// The transfer that a <see cref="SnapshotRequest"/> ordered has ended at the follower, or failed.
    /// </summary>
    public void SnapshotTransferred(NodeId to, LogIndex index, bool succeeded)
    {
        if (Role != Role.Leader
            || _progress.Find(to) is not { State: ProgressState.Snapshot } progress
            || progress.PendingSnapshot != index)
        {
            return;
        }

        progress.BecomeProbe(restoredTo: succeeded ? index : null);

        // After a success its acknowledgement is under way, after a failure the network needs a moment: either way the
        // next message of it goes on.
        progress.WaitForReply();
    }

    private void SendSnapshot(Progress progress)
    {
        // A member that is not there would only block the transfer; its first message starts it.
        if (!progress.IsReachable)
        {
            progress.WaitForReply();
            return;
        }

        var snapshot = _log.Snapshot;
        Invariant.Require(snapshot is not null && snapshot.Index.Next() >= _log.FirstIndex);
        Send(new SnapshotRequest(Id, progress.Id, Term, snapshot));
        progress.BecomeSnapshot(snapshot.Index);
    }

    private void OnSnapshotRequest(SnapshotRequest request)
    {
        var snapshot = request.Snapshot;
        if (snapshot.Index <= CommitIndex)
        {
            // An old one, or a second copy: it must not take the state machine back.
            Acknowledge(request.From, CommitIndex);
            return;
        }

        if (_log.Contains(snapshot.Index, snapshot.Term))
        {
            // Same index and term, same log up to there: only the news that it is committed was missing.
            CommitTo(snapshot.Index);
        }
        else
        {
            Restore(snapshot);
        }

        Acknowledge(request.From, snapshot.Index);
    }

    private void Restore(SnapshotMetadata snapshot)
    {
        _writes.Replaced(snapshot, committedBefore: CommitIndex);
        _log.Restore(snapshot);
        _restore = snapshot;
        _handedOut = snapshot.Index;
        RefreshMembership();
        _observer?.Restored(Id, snapshot);
    }

    /// <summary>
    /// A crash between storing a received snapshot and the write that belongs to it: that write is made up for.
    /// </summary>
    private void AdoptRecoveredSnapshot(bool isLogVoid)
    {
        if (_log.Snapshot is not { } snapshot)
        {
            return;
        }

        if (snapshot.Term > Term)
        {
            SetTermAndVote(snapshot.Term, vote: null);
        }

        if (isLogVoid)
        {
            _writes.Replaced(snapshot, committedBefore: snapshot.Index);
        }
    }
}
