using System.Diagnostics;

namespace Cloudkeeper.Hosting.Memory;

/// <summary>
/// Looks once a second for bodies and answers whose other side is too slow, and ends these alone. The web server has
/// such limits too, but over HTTP/2 they end a connection, which clients behind a proxy share, or do not count.
/// </summary>
/// <remarks>One timer for all, which stops while no transfer waits.</remarks>
public sealed class TransferPace : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly long[] _ended = new long[Enum.GetValues<MemoryUse>().Length];
    private readonly MemoryBudget _budget;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    /// <summary>Those that wait. They come and go for each part of an answer, so that they are their own list.</summary>
    private Transfer? _first;
    private int _count;
    private bool _isArmed;

    public TransferPace(MemoryBudget budget, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _budget = budget;
        _time = time;
        _timer = time.CreateTimer(
            static pace => ((TransferPace)pace!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How many wait now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    /// <summary>Never 0, which stands for no time.</summary>
    internal long Now => _time.GetTimestamp() | 1;

    /// <summary>A transfer that is watched while the other side is waited for.</summary>
    /// <param name="end">
    /// Called at most once, on another thread, with <paramref name="state"/>, and only while the other side is waited for.
    /// </param>
    public Transfer Begin(MemoryUse use, PaceRule rule, Action<object> end, object state) =>
        new(this, use, rule, end, state);

    /// <summary>How many were ended because they were too slow.</summary>
    public long EndedOf(MemoryUse use) => Volatile.Read(ref _ended[(int)use]);

    public void Dispose() => _timer.Dispose();

    internal TimeSpan Elapsed(long ticks) => _time.GetElapsedTime(0, ticks);

    internal void Add(Transfer transfer)
    {
        lock (_gate)
        {
            Debug.Assert(!transfer.IsListed, "It waits once at a time.");
            transfer.IsListed = true;
            transfer.Behind = _first;
            if (_first is not null)
            {
                _first.Before = transfer;
            }

            _first = transfer;
            _count++;
            Arm();
        }
    }

    internal void Remove(Transfer transfer)
    {
        lock (_gate)
        {
            if (transfer.IsListed)
            {
                Unlink(transfer);
            }
        }
    }

    private void Unlink(Transfer transfer)
    {
        if (transfer.Before is { } before)
        {
            before.Behind = transfer.Behind;
        }
        else
        {
            _first = transfer.Behind;
        }

        if (transfer.Behind is { } behind)
        {
            behind.Before = transfer.Before;
        }

        transfer.Before = transfer.Behind = null;
        transfer.IsListed = false;
        _count--;
    }

    private void Arm()
    {
        if (!_isArmed)
        {
            _isArmed = true;
            _timer.Change(Interval, Timeout.InfiniteTimeSpan);
        }
    }

    private void Look()
    {
        foreach (var transfer in TakeSlow())
        {
            // Outside the lock, since it ends in the web server.
            if (transfer.TryEnd())
            {
                Interlocked.Increment(ref _ended[(int)transfer.Use]);
            }
        }
    }

    private List<Transfer> TakeSlow()
    {
        List<Transfer> slow = [];
        lock (_gate)
        {
            for (var transfer = _first; transfer is not null; transfer = transfer.Behind)
            {
                if (transfer.IsTooSlow(_budget.IsUnderPressure(transfer.Use)))
                {
                    slow.Add(transfer);
                }
            }

            slow.ForEach(Unlink);
            _isArmed = false;
            if (_first is not null)
            {
                Arm();
            }
        }

        return slow;
    }
}
