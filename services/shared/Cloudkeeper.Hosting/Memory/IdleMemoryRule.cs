namespace Cloudkeeper.Hosting.Memory;

/// <summary>
/// When a full collection returns the memory of a burst of work to the machine: once the burst is over. The runtime
/// collects when something is allocated, so an idle process would keep the memory of its busiest minute.
/// </summary>
/// <remarks>
/// Twice: objects in pools are let go by the second collection that finds them unused. The memory that a process still
/// has then is needed, until it has taken notably more. For one caller at a time.
/// </remarks>
internal sealed class IdleMemoryRule
{
    private const int RoundsMax = 2;

    /// <summary>Looks in a row at which little was allocated.</summary>
    private const int CalmLooks = 2;

    /// <summary>A busy process allocates far more than that, and collects by itself.</summary>
    private const long CalmBytesPerSecond = 8L << 20;

    /// <summary>Less is not worth a collection.</summary>
    private const long WorthBytes = 32L << 20;

    /// <summary>Nor is less than this part of the process's memory.</summary>
    private const int WorthShare = 10;

    /// <summary>Pools keep for a minute objects that were used once.</summary>
    private const long RoundMilliseconds = 65_000;

    private long _allocated;
    private long _lookedAt;
    private long _least = long.MaxValue;
    private long _nextRoundAt;
    private int _rounds;
    private int _calm;

    /// <param name="milliseconds">Of a clock that only goes forward.</param>
    /// <param name="allocated">All bytes that were allocated since the start.</param>
    /// <param name="resident">Memory of the process that is in RAM, in bytes.</param>
    /// <returns>True: now. Followed by <see cref="Collected"/>.</returns>
    public bool IsDue(long milliseconds, long allocated, long resident)
    {
        var isCalm = allocated - _allocated <= CalmBytesPerSecond * (milliseconds - _lookedAt) / 1_000;
        (_allocated, _lookedAt) = (allocated, milliseconds);
        _calm = isCalm ? _calm + 1 : 0;
        _least = Math.Min(_least, resident);
        if (_rounds == 0 && resident - _least > Math.Max(WorthBytes, _least / WorthShare))
        {
            (_rounds, _nextRoundAt) = (RoundsMax, 0);
        }

        return _rounds > 0 && _calm >= CalmLooks && milliseconds >= _nextRoundAt;
    }

    /// <param name="resident">As it is now.</param>
    public void Collected(long milliseconds, long resident)
    {
        _rounds--;
        _nextRoundAt = milliseconds + RoundMilliseconds;
        if (_rounds == 0)
        {
            _least = resident;
        }
    }
}
