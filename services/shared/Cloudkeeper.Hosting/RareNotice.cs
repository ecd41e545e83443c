namespace Cloudkeeper.Hosting;

/// <summary>Of a message that could be logged many times a second, lets one through now and then.</summary>
public sealed class RareNotice(TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private long _last = long.MinValue;

    /// <summary>The first time, and after a while again; of several threads one gets it.</summary>
    public bool IsDue()
    {
        var last = Volatile.Read(ref _last);
        var now = time.GetTimestamp();
        return (last == long.MinValue || time.GetElapsedTime(last, now) >= Interval)
            && Interlocked.CompareExchange(ref _last, now, last) == last;
    }
}
