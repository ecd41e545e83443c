namespace Cloudkeeper.Coherence.Watches;

/// <summary>
/// The events that wait for all watchers of a hub together. An event that waits for many takes memory once.
/// </summary>
/// <param name="bytesMax">Beyond it the watchers with the longest queues lose them.</param>
public sealed class WaitingEvents(long bytesMax)
{
    /// <summary>A place in the queue of one watcher.</summary>
    private const int PlaceBytes = 16;

    /// <summary>Of the bound, so much is made free at a time, and waited for where nothing more can be made free.</summary>
    private const int Steps = 8;

    private readonly long _bytesMax = bytesMax;
    private long _most = bytesMax;

    public long Bytes { get; private set; }

    public bool IsTooMuch => Bytes > _most;

    /// <summary>Enough has been made free.</summary>
    public bool IsLittle => Bytes <= _bytesMax - (_bytesMax / Steps);

    public void Add(WatchEvent item)
    {
        Bytes += PlaceBytes;
        if (item.Waits++ == 0)
        {
            Bytes += item.Bytes;
        }
    }

    public void Remove(WatchEvent item)
    {
        Bytes -= PlaceBytes;
        if (--item.Waits == 0)
        {
            Bytes -= item.Bytes;
        }
    }

    public void Remove(IReadOnlyList<WatchEvent> items)
    {
        foreach (var item in items)
        {
            Remove(item);
        }
    }

    /// <summary>
    /// All queues that could have given way. The rest is being sent, and looking for more in vain costs.
    /// </summary>
    public void Settle() => _most = Math.Max(_bytesMax, Bytes + (_bytesMax / Steps));
}
