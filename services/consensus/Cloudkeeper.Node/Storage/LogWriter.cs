using System.Diagnostics;
using Cloudkeeper.Node.Metrics;
using Cloudkeeper.Raft;
using Cloudkeeper.Storage;

namespace Cloudkeeper.Node.Storage;

/// <summary>
/// The one thread that writes the log. Everything that waits while it syncs is covered by the next sync: group commit.
/// </summary>
internal sealed class LogWriter : IDisposable
{
    private static readonly TimeSpan FullDiskRetry = TimeSpan.FromMilliseconds(500);

    private readonly RaftLogStore _log;
    private readonly NodeMetrics _metrics;
    private readonly Action<long> _completed;
    private readonly Action<bool> _full;
    private readonly Action<Exception> _fatal;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _work = new(0);
    private readonly ManualResetEventSlim _stopped = new(false);
    private readonly Thread _thread;
    private List<RaftWrite> _waiting = [];
    private List<RaftWrite> _taken = [];
    private LogIndex? _compactTo;
    private long _sizeBytes;

    /// <param name="completed">Everything up to this sequence is durable.</param>
    /// <param name="full">The disk has no room (true), has room again (false).</param>
    /// <param name="fatal">Any other failure of the disk: the process must end (rule R3).</param>
    public LogWriter(
        RaftLogStore log,
        NodeMetrics metrics,
        Action<long> completed,
        Action<bool> full,
        Action<Exception> fatal)
    {
        _log = log;
        _metrics = metrics;
        _completed = completed;
        _full = full;
        _fatal = fatal;
        _thread = new Thread(Run) { Name = "log writer", IsBackground = true };
    }

    /// <summary>Bytes that a restart would have to read.</summary>
    public long SizeBytes => Volatile.Read(ref _sizeBytes);

    public void Start() => _thread.Start();

    /// <summary>Never blocks: what waits is bounded by the replica's limit of uncommitted bytes.</summary>
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

#pragma warning disable CA1031 // Whatever the disk says: the process ends.
    private void Run()
    {
        try
        {
            while (!_stopped.IsSet)
            {
                _work.Wait();
                WriteWaiting();
                CompactIfAsked();
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
        var isFull = false;
        while (true)
        {
            try
            {
                _log.Append(write);
                break;
            }
            catch (StorageFullException)
            {
                if (!isFull)
                {
                    isFull = true;
                    _full(true);
                }
            }

            if (_stopped.Wait(FullDiskRetry))
            {
                return;
            }
        }

        if (isFull)
        {
            _full(false);
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
