namespace Cloudkeeper.Hosting.Memory;

/// <summary>
/// One body or answer that another process sends or takes. Only the time counts in which that process is waited for.
/// </summary>
public sealed class Transfer : IDisposable
{
    private readonly TransferPace _pace;
    private readonly Action<object> _end;
    private readonly object _state;
    private long _bytes;
    private long _waited;
    private long _waitsSince;

    internal Transfer(TransferPace pace, MemoryUse use, PaceRule rule, Action<object> end, object state)
    {
        _pace = pace;
        _end = end;
        _state = state;
        Use = use;
        Rule = rule;
    }

    /// <summary>It was too slow, and has been ended.</summary>
    public bool IsEnded { get; private set; }

    internal MemoryUse Use { get; }

    internal PaceRule Rule { get; }

    /// <summary>From now on the other side is waited for.</summary>
    public void BeginWait() => Volatile.Write(ref _waitsSince, _pace.Now);

    /// <summary>The other side has sent or taken so many bytes.</summary>
    public void EndWait(long bytes)
    {
        var since = Interlocked.Exchange(ref _waitsSince, 0);
        if (since != 0)
        {
            Interlocked.Add(ref _waited, _pace.Now - since);
        }

        Interlocked.Add(ref _bytes, bytes);
    }

    public void Dispose() => _pace.Remove(this);

    internal bool IsTooSlow(bool isUnderPressure)
    {
        var since = Volatile.Read(ref _waitsSince);
        return since != 0 && Rule.IsTooSlow(
            Volatile.Read(ref _bytes), _pace.Elapsed(Volatile.Read(ref _waited) + _pace.Now - since), isUnderPressure);
    }

    internal void End()
    {
        IsEnded = true;
        _end(_state);
    }
}
