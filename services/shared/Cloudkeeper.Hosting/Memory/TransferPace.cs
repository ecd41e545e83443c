namespace Cloudkeeper.Hosting.Memory;

/// <summary>
/// Looks once a second for bodies and answers whose other side is too slow, and ends these alone. The web server has
/// such limits too, but over HTTP/2 they end a connection, which clients behind a proxy share, or do not count.
/// </summary>
/// <remarks>One timer for all, which rests while there is nothing to look at.</remarks>
public sealed class TransferPace : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly HashSet<Transfer> _transfers = [];
    private readonly MemoryBudget _budget;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private bool _isArmed;

    public TransferPace(MemoryBudget budget, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _budget = budget;
        _time = time;
        _timer = time.CreateTimer(
            static pace => ((TransferPace)pace!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _transfers.Count;
            }
        }
    }

    /// <summary>Never 0, which stands for no time.</summary>
    internal long Now => _time.GetTimestamp() | 1;

    /// <summary>Begins to watch a transfer, until it is disposed of.</summary>
    /// <param name="end">Called at most once, on another thread, with <paramref name="state"/>.</param>
    public Transfer Begin(MemoryUse use, PaceRule rule, Action<object> end, object state)
    {
        var transfer = new Transfer(this, use, rule, end, state);
        lock (_gate)
        {
            _transfers.Add(transfer);
            if (!_isArmed)
            {
                _isArmed = true;
                _timer.Change(Interval, Timeout.InfiniteTimeSpan);
            }
        }

        return transfer;
    }

    public void Dispose() => _timer.Dispose();

    internal TimeSpan Elapsed(long ticks) => _time.GetElapsedTime(0, ticks);

    internal void Remove(Transfer transfer)
    {
        lock (_gate)
        {
            _transfers.Remove(transfer);
        }
    }

    private void Look()
    {
        List<Transfer>? slow = null;
        lock (_gate)
        {
            foreach (var transfer in _transfers)
            {
                if (transfer.IsTooSlow(_budget.IsUnderPressure(transfer.Use)))
                {
                    (slow ??= []).Add(transfer);
                }
            }

            slow?.ForEach(transfer => _transfers.Remove(transfer));
            _isArmed = _transfers.Count > 0;
            if (_isArmed)
            {
                _timer.Change(Interval, Timeout.InfiniteTimeSpan);
            }
        }

        slow?.ForEach(static transfer => transfer.End());
    }
}
