using System.Diagnostics;
using Cloudkeeper.Node.Metrics;
using Cloudkeeper.Raft;
using Cloudkeeper.Storage;

namespace Cloudkeeper.Node.Storage;

/// <summary>
/// The one thread that writes the log. All writes that wait while it syncs are covered by the next sync: group commit.
/// </summary>
internal sealed class LogWriter : IDisposable
{
    private static readonly TimeSpan FullDiskRetry = TimeSpan.FromMilliseconds(500);

    /// <summary>How old the last look at the disk's room may be when something is written.</summary>
    private static readonly TimeSpan RoomAgeMax = TimeSpan.FromSeconds(1);

    private readonly RaftLogStore _log;
    private readonly RoomWatch _watch;
    private readonly NodeMetrics _metrics;
    private readonly Action<long> _completed;
    private readonly Action<StorageRoom> _roomChanged;
    private readonly Action<Exception> _fatal;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _work = new(0);
    private readonly ManualResetEventSlim _stopped = new(false);
    private readonly Thread _thread;
    private List<RaftWrite> _waiting = [];
    private List<RaftWrite> _taken = [];
    private LogIndex? _compactTo;
    private StorageRoom _room;
    private long _lookedAt;
    private long _sizeBytes;

    /// <param name="completed">All writes up to this sequence are durable.</param>
    /// <param name="roomChanged">The room of the disk from now on; at first for all writes.</param>
    /// <param name="fatal">Any other failure of the disk: the process must end (rule R3).</param>
    public LogWriter(
        RaftLogStore log,
        RoomWatch watch,
        NodeMetrics metrics,
        Action<long> completed,
        Action<StorageRoom> roomChanged,
        Action<Exception> fatal)
    {
        _log = log;
        _watch = watch;
        _metrics = metrics;
        _completed = completed;
        _roomChanged = roomChanged;
        _fatal = fatal;
        _thread = new Thread(Run) { Name = "log writer", IsBackground = true };
    }

    /// <summary>Bytes that a restart would have to read.</summary>
    public long SizeBytes => Volatile.Read(ref _sizeBytes);

    public void Start() => _thread.Start();

    /// <summary>Never blocks: the queue is bounded by the replica's limit of uncommitted bytes.</summary>
    public void Enqueue(RaftWrite write)
    {
        lock (_gate)
        {
            _waiting.Add(write);
        }

        _work.Release();
    }

    public void Compact(LogIndex keepFrom)
    {
        lock (_gate)
        {
            _compactTo = keepFrom;
        }

        _work.Release();
    }

    public void Dispose()
    {
        _stopped.Set();
        _work.Release();
        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        _log.Dispose();
        _work.Dispose();
        _stopped.Dispose();
    }

#pragma warning disable CA1031 // Any failure of the disk ends the process.
    private void Run()
    {
        try
        {
            LookAtRoom();
            while (!_stopped.IsSet)
            {
                WaitForWork();
                WriteWaiting();
                CompactIfAsked();
                LookAtRoomIfDue();
                Volatile.Write(ref _sizeBytes, _log.SizeBytes);
            }
        }
        catch (Exception e)
        {
            _fatal(e);
        }
    }
#pragma warning restore CA1031

    private void WriteWaiting()
    {
        lock (_gate)
        {
            (_waiting, _taken) = (_taken, _waiting);
        }

        if (_taken.Count == 0)
        {
            return;
        }

        var started = Stopwatch.GetTimestamp();
        foreach (var write in _taken)
        {
            AppendWhenThereIsRoom(write);
        }

        if (_stopped.IsSet)
        {
            return;
        }

        _log.Sync();
        _metrics.LogWritten(_taken.Count, Stopwatch.GetElapsedTime(started));
        var last = _taken[^1].Sequence;
        _taken.Clear();
        _completed(last);
    }

    /// <summary>A full disk is not a broken one: nothing has been written, and the write waits for room.</summary>
    private void AppendWhenThereIsRoom(RaftWrite write)
    {
        while (!TryAppend(write))
        {
            Report(StorageRoom.Full);
            if (_stopped.Wait(FullDiskRetry))
            {
                return;
            }
        }

        if (_watch.IsDueAfterWrite(_room))
        {
            LookAtRoom();
        }
    }

    private bool TryAppend(RaftWrite write)
    {
        try
        {
            _log.Append(write);
            return true;
        }
        catch (StorageFullException)
        {
            return false;
        }
    }

    /// <summary>An idle writer sleeps, unless it has to notice that there is room again.</summary>
    private void WaitForWork()
    {
        if (_room == StorageRoom.Plenty)
        {
            _work.Wait();
        }
        else
        {
            _work.Wait(FullDiskRetry);
        }
    }

    private void LookAtRoomIfDue()
    {
        if (_room != StorageRoom.Plenty || Stopwatch.GetElapsedTime(_lookedAt) > RoomAgeMax)
        {
            LookAtRoom();
        }
    }

    private void LookAtRoom()
    {
        _lookedAt = Stopwatch.GetTimestamp();
        Report(_watch.Look());
    }

    private void Report(StorageRoom room)
    {
        if (room != _room)
        {
            _room = room;
            _roomChanged(room);
        }
    }

    private void CompactIfAsked()
    {
        LogIndex? keepFrom;
        lock (_gate)
        {
            (keepFrom, _compactTo) = (_compactTo, null);
        }

        if (keepFrom is { } index)
        {
            _log.Compact(index);
        }
    }
}
