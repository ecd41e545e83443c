namespace Cloudkeeper.Hosting.Memory;

/// <summary>
/// One body or answer that another process sends or takes. Only the time counts in which that process is waited for.
/// </summary>
public sealed class Transfer : IDisposable
{
    private readonly Lock _gate = new();
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

    /// <summary>Its neighbours in the list of those that wait, which is <see cref="TransferPace"/>'s.</summary>
    internal Transfer? Before { get; set; }

    /// <inheritdoc cref="Before"/>
    internal Transfer? Behind { get; set; }

    /// <inheritdoc cref="Before"/>
    internal bool IsListed { get; set; }

    /// <summary>From now on the other side is waited for.</summary>
    public void BeginWait()
    {
        lock (_gate)
        {
            if (!IsEnded)
            {
                Volatile.Write(ref _waitsSince, _pace.Now);
                _pace.Add(this);
            }
        }
    }

    /// <summary>
    /// The other side has sent or taken so many bytes, or is to take them now: a wait for it takes as long as they need.
    /// </summary>
    public void EndWait(long bytes)
    {
        lock (_gate)
        {
            if (_waitsSince != 0)
            {
                _pace.Remove(this);
                Volatile.Write(ref _waited, _waited + _pace.Now - _waitsSince);
                Volatile.Write(ref _waitsSince, 0);
            }

            Volatile.Write(ref _bytes, _bytes + bytes);
        }
    }

    public void Dispose() => EndWait(0);

    internal bool IsTooSlow(bool isUnderPressure)
    {
        var since = Volatile.Read(ref _waitsSince);
        if (since == 0)
        {
            return false;
        }

        var waiting = _pace.Now - since;
        return Rule.IsTooSlow(
            Volatile.Read(ref _bytes), _pace.Elapsed(Volatile.Read(ref _waited) + waiting), _pace.Elapsed(waiting),
            isUnderPressure);
    }

    /// <returns>False: the wait has ended meanwhile, and the request may already be another transfer's.</returns>
    internal bool TryEnd()
    {
        lock (_gate)
        {
            if (_waitsSince == 0)
            {
                return false;
            }

            IsEnded = true;
            _end(_state);
            return true;
        }
    }
}
