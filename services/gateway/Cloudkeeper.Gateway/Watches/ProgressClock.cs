namespace Cloudkeeper.Gateway.Watches;

/// <summary>
/// One timer for the progress of all streams. They are dealt out over the interval, ten thousand of them cost a few hundred
/// short wake-ups each time, never all at once; but those that share a connection share its packets.
/// </summary>
internal sealed class ProgressClock : IDisposable
{
    private const int Hands = 32;

    private readonly Lock _gate = new();
    private readonly List<StreamSignal>[] _streams = [.. Enumerable.Range(0, Hands).Select(_ => new List<StreamSignal>())];
    private readonly TimeSpan _step;
    private readonly ITimer _timer;
    private int _next;

    /// <param name="interval">A stream's turn comes a little more often than this, so that a late timer breaks no promise.</param>
    /// <param name="ending">All streams are to end: nothing else wakes one that only waits.</param>
    public ProgressClock(TimeSpan interval, TimeProvider time, CancellationToken ending)
    {
        _step = interval / (Hands + 1);
        ending.UnsafeRegister(static clock => ((ProgressClock)clock!).WakeAll(), this);
        _timer = time.CreateTimer(static clock => ((ProgressClock)clock!).Turn(), this, _step, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Wakes a stream when its time has come, until it is closed.</summary>
    /// <param name="connection">The id of the connection on which it is.</param>
    public void Add(StreamSignal stream, string connection)
    {
        var hand = (uint)string.GetHashCode(connection, StringComparison.Ordinal) % Hands;
        lock (_gate)
        {
            _streams[hand].Add(stream);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void WakeAll()
    {
        lock (_gate)
        {
            foreach (var stream in _streams.SelectMany(static hand => hand))
            {
                stream.Set();
            }
        }
    }

    private void Turn()
    {
        lock (_gate)
        {
            var due = _streams[_next];
            _next = (_next + 1) % Hands;
            due.RemoveAll(static stream => stream.IsClosed);
            foreach (var stream in due)
            {
                stream.SetProgressDue();
            }
        }

        // Armed again only now: turns never overlap.
        _timer.Change(_step, Timeout.InfiniteTimeSpan);
    }
}
