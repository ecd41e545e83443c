namespace Cloudkeeper.Hosting.Memory;

/// <summary>
/// Whether the managed heap is nearly as large as it may become. The runtime ends a process that wants more, so large and
/// lasting things are refused before. Looks now and then, when it is asked.
/// </summary>
/// <param name="used">Bytes of the heap, garbage included.</param>
/// <param name="collections">How often everything was collected.</param>
/// <param name="collect">Begins a collection of everything.</param>
internal sealed class HeapPressure(
    long bytesMax, Func<long> used, Func<int> collections, Action collect, Func<long> milliseconds)
{
    /// <summary>Between two looks.</summary>
    private const long IntervalMilliseconds = 100;

    /// <summary>Between two collections that are asked for.</summary>
    private const long CollectMilliseconds = 1_000;

    /// <summary>Of the limit: above it the heap is full.</summary>
    private const double FullFrom = 0.9;

    private readonly long _bytesFull = (long)(bytesMax * FullFrom);
    private long _nextLook;
    private long _nextCollection;
    private int _collectionsBefore;
    private volatile bool _isHigh;
    private volatile bool _isFull;

    public long BytesMax => bytesMax;

    public bool IsFull
    {
        get
        {
            var now = milliseconds();
            var next = Volatile.Read(ref _nextLook);
            if (now >= next && Interlocked.CompareExchange(ref _nextLook, now + IntervalMilliseconds, next) == next)
            {
                Look(now);
            }

            return _isFull;
        }
    }

    public static HeapPressure OfThisProcess() => new(
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        static () => GC.GetTotalMemory(forceFullCollection: false),
        static () => GC.CollectionCount(GC.MaxGeneration),
        static () => GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false),
        static () => Environment.TickCount64);

    /// <summary>Much of it may be garbage: the heap is full when a collection of everything has left it so.</summary>
    private void Look(long now)
    {
        if (used() < _bytesFull)
        {
            _isHigh = _isFull = false;
            return;
        }

        if (!_isHigh)
        {
            _isHigh = true;
            _collectionsBefore = collections();
        }
        else if (collections() > _collectionsBefore)
        {
            _isFull = true;
        }

        if (now >= _nextCollection)
        {
            _nextCollection = now + CollectMilliseconds;
            collect();
        }
    }
}
