using System.Buffers;
using Cloudkeeper.Raft;
using Cloudkeeper.Storage;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Replica;

// A snapshot is taken in slices of about a millisecond between other work: exact at the revision where it began,
// because the state machine writes the old state of all that changes before its slice (DESIGN.md, Storage).
public sealed partial class ReplicaNode
{
    private readonly ArrayBufferWriter<byte> _block = new();

    private SnapshotMetadata? _snapshot;
    private bool _isSnapshotDamaged;
    private long _bytesSinceSnapshot;
    private long _noSnapshotBefore;
    private long _noSnapshotForRoomBefore;
    private SnapshotInProgress? _inProgress;
    private (SnapshotMetadata Metadata, StateMachine Machine)? _received;
    private List<WantedSnapshot> _wanted = [];

    /// <summary>The newest durable snapshot.</summary>
    public SnapshotMetadata? Snapshot => _snapshot;

    /// <summary>True while a snapshot is under way and wants its next block: <see cref="ContinueSnapshot"/>.</summary>
    public bool HasSnapshotWork => _inProgress is { CursorDone: false, Sink.WantsMore: true };

    /// <summary>
    /// Asks for a durable snapshot that contains all entries up to one. <paramref name="reply"/> is called exactly
    /// once, on a later turn; with null when there is no room for one.
    /// </summary>
    public void RequestSnapshot(LogIndex through, Action<SnapshotMetadata?> reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        _wanted.Add(new WantedSnapshot(through, reply));
    }

    /// <summary>
    /// The file of a durable snapshot has turned out to be damaged. The state itself is whole, it is in memory: another one
    /// is made as soon as possible, in the place of the damaged one when nothing has been applied since.
    /// </summary>
    public void SnapshotDamaged(LogIndex index) => _isSnapshotDamaged |= index == _snapshot?.Index;

    /// <summary>The snapshot that was completed at its sink is durable, or could not be made.</summary>
    public void SnapshotStored(SnapshotMetadata metadata, bool succeeded)
    {
        ArgumentNullException.ThrowIfNull(metadata);

        // An abandoned one reports too, perhaps when the next is under way already.
        if (_inProgress?.Metadata.Index == metadata.Index)
        {
            EndSnapshot();
            RestAfterSnapshot(succeeded);
            if (!succeeded)
            {
                AnswerWanted(metadata.Index, null);
            }
        }

        if (!succeeded || metadata.Index < _snapshot?.Index)
        {
            return;
        }

        _isSnapshotDamaged = false;
        if (metadata.Index == _snapshot?.Index)
        {
            return;
        }

        _snapshot = metadata;

        // Without room a slow follower gets the snapshot instead of the entries before it.
        var keepFrom = Room == StorageRoom.Plenty
            ? _raft.TailFrom(metadata.Index, _options.KeptEntries, _options.KeptBytes)
            : metadata.Index.Next();
        _raft.Compact(metadata, keepFrom);
        _host.CompactLog(keepFrom);
    }

    /// <summary>A snapshot from the leader has arrived, is durable and verified, and was loaded.</summary>
    /// <exception cref="ArgumentException">The state is newer than the snapshot's metadata.</exception>
    public StepResult ReceiveSnapshot(SnapshotRequest request, StateMachine machine)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(machine);
        if (machine.AppliedIndex > request.Snapshot.Index.Value)
        {
            throw new ArgumentException($"The state is as of entry {machine.AppliedIndex}.", nameof(machine));
        }

        _received = (request.Snapshot, machine);
        var result = _raft.Step(request);
        Advance();
        _received = null;
        return result;
    }

    /// <summary>The transfer of a snapshot to a follower has ended.</summary>
    public void SnapshotTransferred(NodeId to, LogIndex index, bool succeeded) =>
        _raft.SnapshotTransferred(to, index, succeeded);

    /// <summary>Writes one block of the snapshot under way: about a millisecond of work.</summary>
    public void ContinueSnapshot()
    {
        if (_inProgress is not { CursorDone: false } snapshot || !snapshot.Sink.WantsMore)
        {
            return;
        }

        _block.ResetWrittenCount();
        snapshot.CursorDone = !snapshot.Cursor.WriteNext(_block, _options.SnapshotBlockBytes);
        snapshot.Sink.Write(_block.WrittenSpan);
        if (snapshot.CursorDone)
        {
            snapshot.Sink.Complete();
        }
    }

    private void Restore(SnapshotMetadata? metadata)
    {
        if (metadata is null)
        {
            return;
        }

        Invariant.Require(_received is not null && _received.Value.Metadata.Index == metadata.Index);
        _inProgress?.Sink.Abandon();
        EndSnapshot();
        Machine = _received!.Value.Machine;
        _snapshot = metadata;
        _isSnapshotDamaged = false;
        _bytesSinceSnapshot = 0;
        _applied = metadata.Index;
        _appliedTerm = metadata.Term;
        _digests.Clear();
        TellNews();
    }

    private void BeginSnapshotIfDue()
    {
        if (_snapshot is not null && !_isSnapshotDamaged)
        {
            AnswerWanted(_snapshot.Index, _snapshot);
        }

        var entries = _applied - (_snapshot?.Index ?? LogIndex.Zero);
        var due = _bytesSinceSnapshot >= _options.SnapshotLogBytes || entries >= _options.SnapshotLogEntries
            || _wanted.Exists(wanted => wanted.Through <= _applied)
            || IsSnapshotDueForRoom(entries);
        var isResting = _host.MonotonicMilliseconds < _noSnapshotBefore;
        if (!(_isSnapshotDamaged || (due && entries > 0)) || isResting || _inProgress is not null)
        {
            return;
        }

        var metadata = new SnapshotMetadata(_applied, _appliedTerm, _raft.MembershipAt(_applied));
        _bytesSinceSnapshot = 0;
        _inProgress = new SnapshotInProgress(metadata, Machine.BeginSnapshot(), _host.CreateSnapshot(metadata));
    }

    /// <summary>
    /// Without room the log is to be cut as soon as a snapshot of a state that has become smaller is worth it. Each goes
    /// through the whole tree, so not for each entry.
    /// </summary>
    private bool IsSnapshotDueForRoom(long entries) =>
        Room != StorageRoom.Plenty && entries > 0 && _host.MonotonicMilliseconds >= _noSnapshotForRoomBefore;

    // On a full disk the next one would fail as well, and each goes through the whole tree.
    private void RestAfterSnapshot(bool succeeded)
    {
        _noSnapshotForRoomBefore = _host.MonotonicMilliseconds + _options.SnapshotRetryMilliseconds;
        _noSnapshotBefore = succeeded ? 0 : _noSnapshotForRoomBefore;
    }

    private void AnswerWanted(LogIndex through, SnapshotMetadata? answer)
    {
        if (!_wanted.Exists(wanted => wanted.Through <= through))
        {
            return;
        }

        var answered = _wanted.FindAll(wanted => wanted.Through <= through);
        _wanted = _wanted.FindAll(wanted => wanted.Through > through);
        answered.ForEach(wanted => wanted.Reply(answer));
    }

    private void EndSnapshot()
    {
        _inProgress?.Cursor.Dispose();
        _inProgress = null;
    }

    private readonly record struct WantedSnapshot(LogIndex Through, Action<SnapshotMetadata?> Reply);

    private sealed class SnapshotInProgress(SnapshotMetadata metadata, SnapshotCursor cursor, ISnapshotSink sink)
    {
        public SnapshotMetadata Metadata { get; } = metadata;

        public SnapshotCursor Cursor { get; } = cursor;

        public ISnapshotSink Sink { get; } = sink;

        public bool CursorDone { get; set; }
    }
}
