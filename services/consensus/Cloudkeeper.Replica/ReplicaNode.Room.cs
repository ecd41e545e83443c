using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Commands;
using Cloudkeeper.Replica.Members;
using Cloudkeeper.Storage;

namespace Cloudkeeper.Replica;

// A member whose disk is full, or hangs, can follow and answer, but not serve as a leader: entries that it cannot write
// it does not apply, although the others have committed them.
public sealed partial class ReplicaNode
{
    /// <summary>
    /// Election timeouts in which a disk finishes none of the writes that it has: then it hangs. Two seconds with the default
    /// settings; disks that are merely slow finish one now and then.
    /// </summary>
    private const int HangTimeouts = 4;

    private readonly RoomHandover _roomHandover;

    private long _writesBegun;
    private long _writesDone;
    private int _ticksWithoutWrite;

    /// <summary>
    /// The room of the disk. <see cref="StorageRoom.Low"/>: commands that let the state grow are refused, and a
    /// snapshot is made so that the log can be cut. <see cref="StorageRoom.Full"/>: all commands are refused. Either way a
    /// leader hands over to a voter that has room, and members and reads go on.
    /// </summary>
    public StorageRoom Room
    {
        get;
        set
        {
            field = value;
            _raft.AvoidsLeadership = !DiskCanLead;
        }
    }

    /// <summary>The disk has writes, and has finished none of them for so long that another member is to lead.</summary>
    public bool IsDiskHanging => _ticksWithoutWrite >= HangTimeouts * _options.Raft.ElectionTicks;

    private bool DiskCanLead => Room == StorageRoom.Plenty && !IsDiskHanging;

    /// <summary>
    /// Snapshot files to keep, the newest included: an older one is of use as long as the log reaches back to it, and takes
    /// room.
    /// </summary>
    public int SnapshotsKept => Room == StorageRoom.Plenty ? 2 : 1;

    /// <summary>Also of all before it.</summary>
    public void WriteCompleted(long sequence)
    {
        _writesDone = sequence;
        _ticksWithoutWrite = 0;
        _raft.StorageDone(sequence);
    }

    private void Persist(RaftWrite write)
    {
        _writesBegun = write.Sequence;
        _host.Persist(write);
    }

    private void TickRoom()
    {
        _roomHandover.Tick();
        _ticksWithoutWrite = _writesDone < _writesBegun ? _ticksWithoutWrite + 1 : 0;
        _raft.AvoidsLeadership = !DiskCanLead;
        if (!DiskCanLead && _raft.Role == Role.Leader && _raft.TransferTarget is null
            && _roomHandover.Next(Term, SuccessorsWithRoom()) is { } successor)
        {
            _roomHandover.Asked(successor);
            _raft.TransferLeadership(successor);
        }
    }

    /// <summary>Why a batch cannot be taken now; null: there is room for it.</summary>
    private SubmitStatus? CheckRoom(CommandBatch batch)
    {
        if (Room == StorageRoom.Plenty || (Room == StorageRoom.Low && batch.Requests.All(static r => Relief.Is(r.Command))))
        {
            return null;
        }

        // As long as another voter may take over, its gateway waits for that one instead of telling its clients.
        return _roomHandover.Next(Term, SuccessorsWithRoom()) is null ? SubmitStatus.StorageFull : SubmitStatus.NotLeader;
    }

    /// <summary>
    /// Voters that have written all that this one has committed, the furthest first. Whether they have room for growth
    /// they know themselves: one that has none does not take over.
    /// </summary>
    private IEnumerable<NodeId> SuccessorsWithRoom() => Membership.Members
        .Where(m => m.IsVoter && m.Id != Id && IsActive(m.Id) is true && MatchIndexOf(m.Id) >= CommitIndex)
        .OrderByDescending(m => MatchIndexOf(m.Id)!.Value)
        .Select(m => m.Id);
}
