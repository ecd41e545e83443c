namespace Cloudkeeper.Replica.Sessions;

/// <summary>
/// Counts the time in which this process could receive messages. A tick that comes far too late indicates a time in
/// which it did not run: it was frozen, its machine was, or another turn took that long. Requests that clients sent
/// meanwhile were not received, through no fault of theirs: such a gap counts as <paramref name="gapMax"/>.
/// </summary>
/// <param name="now">Monotonic milliseconds, as in all its methods.</param>
/// <param name="gapMax">The longest time between two readings that counts as it is, in milliseconds.</param>
internal sealed class AwakeClock(long now, long gapMax)
{
    private long _last = now;
    private long _time;

    /// <summary>Milliseconds; to be read at every tick at least.</summary>
    public long Read(long now)
    {
        _time += Math.Clamp(now - _last, 0, gapMax);
        _last = now;
        return _time;
    }
}
