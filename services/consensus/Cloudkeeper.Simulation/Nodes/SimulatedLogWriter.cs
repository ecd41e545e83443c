using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Faults;
using Cloudkeeper.Simulation.Runs;
using Cloudkeeper.Storage;

namespace Cloudkeeper.Simulation.Nodes;

/// <summary>
/// What the log writer's thread does, in steps of virtual time: append all that waits, sync once, report. Between any
/// two of them the power may go off.
/// </summary>
internal sealed class SimulatedLogWriter(NodeProcess process, RaftLogStore log)
{
    /// <summary>How often a sync comes between two writes that arrived together: the thread may wake up between them.</summary>
    private const double SplitShare = 0.05;

    private const double ImagesAtCompaction = 0.1;

    private const long FullDiskRetry = 500 * Scheduler.Millisecond;

    private readonly Queue<RaftWrite> _waiting = new();
    private LogIndex? _compactTo;
    private bool _isBusy;
    private bool _isFull;
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
            NoticeRoom(isFull: false);
            return true;
        }
        catch (StorageFullException)
        {
            process.World.Totals.Count(Marker.WritesDelayedByFullDisk);
            NoticeRoom(isFull: true);
            return false;
        }
    }

    private void NoticeRoom(bool isFull)
    {
        if (_isFull != isFull)
        {
            _isFull = isFull;
            process.Trace(TraceKind.DiskFull, isFull ? 1 : 0);
            process.Post(r => r.StorageIsFull = isFull);
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

        _isBusy = false;
        if (_waiting.Count > 0)
        {
            Wake();
        }
    }

    /// <summary>
    /// What is compacted and a little too much is a hole only until the next snapshot: rarely there when a crash comes
    /// (bug B-53).
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
