using System.Threading.Tasks.Sources;

namespace Cloudkeeper.Gateway.Watches;

/// <summary>
/// Wakes the one stream that waits for it. It counts to one, has no timeout and no token: a gateway has as many of these as
/// it has watchers, and each of them waits nearly always.
/// </summary>
internal sealed class StreamSignal : IValueTaskSource, IDisposable
{
    private const int Idle = 0;
    private const int Waiting = 1;
    private const int IsSet = 2;

    // The thread that sets it may hold a lock, and has others to wake.
    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };
    private int _state;
    private volatile bool _isProgressDue;
    private volatile bool _isClosed;

    /// <summary>There will be no wait for it any more.</summary>
    public bool IsClosed => _isClosed;

    public void Set()
    {
        if (Interlocked.Exchange(ref _state, IsSet) == Waiting)
        {
            _source.SetResult(true);
        }
    }

    /// <summary>It is time to send the stream's progress.</summary>
    public void SetProgressDue()
    {
        _isProgressDue = true;
        Set();
    }

    /// <returns>Whether it is time, once for each time.</returns>
    public bool TakeProgressDue()
    {
        var isDue = _isProgressDue;
        _isProgressDue = false;
        return isDue;
    }

    /// <summary>Completes when it has been set since the last wait. By one caller at a time.</summary>
    public ValueTask WaitAsync()
    {
        _source.Reset();
        if (Interlocked.CompareExchange(ref _state, Waiting, Idle) == Idle)
        {
            return new ValueTask(this, _source.Version);
        }

        Rest();
        return ValueTask.CompletedTask;
    }

    public void Dispose() => _isClosed = true;

    void IValueTaskSource.GetResult(short token)
    {
        _source.GetResult(token);
        Rest();
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    /// <summary>
    /// A full fence: data written before a set that found this signal set already is visible after the wait.
    /// </summary>
    private void Rest() => Interlocked.Exchange(ref _state, Idle);
}
