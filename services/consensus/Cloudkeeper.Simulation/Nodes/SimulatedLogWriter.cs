using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Faults;
using Cloudkeeper.Simulation.Runs;
using Cloudkeeper.Storage;

namespace Cloudkeeper.Simulation.Nodes;

/// <summary>
/// The work of the log writer's thread, in steps of virtual time: append all that waits, sync once, report. Between any
/// two of them the power may go off.
/// </summary>
internal sealed class SimulatedLogWriter(NodeProcess process, RaftLogStore log, RoomWatch watch)
{
    /// <summary>How often a sync comes between two writes that arrived together: the thread may wake up between them.</summary>
    private const double SplitShare = 0.05;

    private const double ImagesAtCompaction = 0.1;

    private const long FullDiskRetry = 500 * Scheduler.Millisecond;

    private const long RoomAgeMax = 1 * Scheduler.Second;

    private readonly Queue<RaftWrite> _waiting = new();
    private LogIndex? _compactTo;
    private bool _isBusy;
    private StorageRoom _room;
    private long _lookedAt = long.MinValue;
    private bool _looksAgain;
    private int _appended;
    private long _lastSequence;

    public void Enqueue(RaftWrite write)
    {
        _waiting.Enqueue(write);
        Wake();
    }

    public void Compact(LogIndex keepFrom)
    {
        _compactTo = keepFrom;
        Wake();
    }

    private void Wake()
    {
        if (!_isBusy)
        {
            _isBusy = true;
            process.Later(process.Node.Disk.WriteTime(), Append);
        }
    }

    private void Append()
    {
        while (_waiting.TryPeek(out var write))
        {
            if (!TryAppend(write))
            {
                process.Later(FullDiskRetry, Append);
                return;
            }

            _waiting.Dequeue();
            _appended++;
            _lastSequence = write.Sequence;
            if (process.Node.Random.Chance(SplitShare))
            {
                break;
            }
        }

        if (process.World.Options.Bug == Bug.AcknowledgeBeforeSync)
        {
            process.Post(ReportDone(_lastSequence));
        }

        process.Later(process.Node.Disk.SyncTime(), Sync);
    }

    private bool TryAppend(RaftWrite write)
    {
        try
        {
            log.Append(write);
            if (watch.IsDueAfterWrite(_room))
            {
                LookAtRoom();
            }

            return true;
        }
        catch (StorageFullException)
        {
            process.World.Totals.Count(Marker.WritesDelayedByFullDisk);
            Report(StorageRoom.Full);
            return false;
        }
    }

    private void LookAtRoomIfDue()
    {
        if (_room != StorageRoom.Plenty || process.World.Scheduler.Now - _lookedAt > RoomAgeMax)
        {
            LookAtRoom();
        }
    }

    private void LookAtRoom()
    {
        _lookedAt = process.World.Scheduler.Now;
        Report(watch.Look());
        if (_room == StorageRoom.Low && !_looksAgain)
        {
            _looksAgain = true;
            process.Later(FullDiskRetry, LookAgain);
        }
    }

    /// <summary>An idle writer has to notice as well that there is room again.</summary>
    private void LookAgain()
    {
        _looksAgain = false;
        LookAtRoomIfDue();
    }

    private void Report(StorageRoom room)
    {
        if (_room != room)
        {
            _room = room;
            process.Trace(TraceKind.DiskFull, (int)room);
            process.Post(r =>
            {
                r.Room = room;
                process.World.Totals.Count(Marker.LeadersWithoutRoom, r.Role == Role.Leader && room != StorageRoom.Plenty ? 1 : 0);
            });
        }
    }

    private void Sync()
    {
        log.Sync();
        process.Trace(TraceKind.Synced, _lastSequence, _appended);
        process.View.Synced(_appended);
        _appended = 0;
        process.Post(ReportDone(_lastSequence));
        if (_compactTo is { } keepFrom)
        {
            _compactTo = null;
            log.Compact(keepFrom);
            process.World.Totals.Count(Marker.LogsCompacted);
            CheckImagePerhaps();
        }

        LookAtRoomIfDue();
        _isBusy = false;
        if (_waiting.Count > 0)
        {
            Wake();
        }
    }

    /// <summary>
    /// A log that is compacted a little too much has a hole only until the next snapshot: rarely there when a crash
    /// comes (bug B-53).
    /// </summary>
    private void CheckImagePerhaps()
    {
        if (process.World.HasFaults && process.Node.Random.Chance(ImagesAtCompaction))
        {
            DiskImage.Check(process.World, process.Node, process.Node.Random);
        }
    }

    private static Action<Replica.ReplicaNode> ReportDone(long sequence) => r =>
    {
        if (sequence > 0)
        {
            r.WriteCompleted(sequence);
        }
    };
}
