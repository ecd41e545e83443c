using System.Diagnostics.CodeAnalysis;

namespace Cloudkeeper.Hosting.Memory;

/// <summary>
/// The bytes that a process may have in flight: bodies, answers, snapshots and events for watchers, all together.
/// Requests beyond it are refused while that is cheap, before memory runs out for all. Thread safe, without a lock.
/// </summary>
/// <remarks>
/// Only large amounts are counted: those below <see cref="SmallBytes"/> are bounded by the number of requests already,
/// and counting them would cost each request.
/// </remarks>
public sealed class MemoryBudget
{
    /// <summary>Smaller amounts are not counted.</summary>
    public const int SmallBytes = 4 << 10;

    /// <summary>The least budget with which the largest requests can be served.</summary>
    public const long BytesMaxLeast = 32L << 20;

    /// <summary>Of the whole, for one use at most.</summary>
    private const double ShareMax = 0.6;

    /// <summary>Of the heap's limit, by default.</summary>
    private const double HeapShareOtherwise = 0.25;

    /// <summary>
    /// The limit within it for initial states, and for changes that wait: their clients retry anyway.
    /// </summary>
    private const long WatchBytesOtherwise = 256L << 20;

    private static readonly int Uses = Enum.GetValues<MemoryUse>().Length;

    private readonly HeapPressure _heap;
    private readonly long _watchBytesMax;
    private readonly long[] _used = new long[Uses];
    private readonly long[] _refused = new long[Uses];
    private long _total;

    /// <param name="bytesMax">0: a quarter of what the collector lets the heap have.</param>
    public MemoryBudget(long bytesMax = 0)
        : this(bytesMax, HeapPressure.OfThisProcess())
    {
    }

    internal MemoryBudget(long bytesMax, HeapPressure heap)
    {
        _heap = heap;
        BytesMax = bytesMax > 0 ? bytesMax : Math.Max(BytesMaxLeast, (long)(heap.BytesMax * HeapShareOtherwise));
        ShareBytesMax = (long)(BytesMax * ShareMax);
        _watchBytesMax = bytesMax > 0 ? ShareBytesMax : Math.Min(ShareBytesMax, WatchBytesOtherwise);
    }

    /// <summary>For all uses together.</summary>
    public long BytesMax { get; }

    /// <summary>For one use, and less for initial states and changes where no setting names a budget.</summary>
    public long ShareBytesMax { get; }

    public long Used => Volatile.Read(ref _total);

    /// <summary>The heap is so full that nothing large may begin, even if the budget has room.</summary>
    public bool IsHeapFull => _heap.IsFull;

    /// <summary>The limit of one use.</summary>
    public long BytesMaxOf(MemoryUse use) =>
        use is MemoryUse.InitialStates or MemoryUse.WaitingChanges ? _watchBytesMax : ShareBytesMax;

    public long UsedBy(MemoryUse use) => Volatile.Read(ref _used[(int)use]);

    /// <summary>How often something was refused.</summary>
    public long RefusedTo(MemoryUse use) => Volatile.Read(ref _refused[(int)use]);

    /// <summary>Half of the limit of one use is taken, or the heap is full: slow clients have to give way.</summary>
    public bool IsUnderPressure(MemoryUse use) => UsedBy(use) > BytesMaxOf(use) / 2 || IsHeapFull;

    /// <summary>
    /// Whether there is room, without taking it: for a declared length that has not come. A no is counted as a refusal.
    /// </summary>
    public bool HasRoomFor(MemoryUse use, long bytes)
    {
        if (!_heap.IsFull && UsedBy(use) + bytes <= BytesMaxOf(use) && Used + bytes <= BytesMax)
        {
            return true;
        }

        Interlocked.Increment(ref _refused[(int)use]);
        return false;
    }

    /// <summary>Takes bytes for as long as the lease is held.</summary>
    /// <returns>False: there is no room. Try later, or refuse the request.</returns>
    public bool TryTake(MemoryUse use, long bytes, [NotNullWhen(true)] out MemoryLease? lease)
    {
        lease = TryReserve(use, bytes) ? new MemoryLease(this, use, bytes) : null;
        return lease is not null;
    }

    /// <summary>
    /// As <see cref="TryTake"/>, without a lease: the caller counts the bytes to <see cref="Return"/>.
    /// </summary>
    public bool TryReserve(MemoryUse use, long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (!_heap.IsFull && TryAdd(ref _used[(int)use], bytes, BytesMaxOf(use)))
        {
            if (TryAdd(ref _total, bytes, BytesMax))
            {
                return true;
            }

            Interlocked.Add(ref _used[(int)use], -bytes);
        }

        Interlocked.Increment(ref _refused[(int)use]);
        return false;
    }

    /// <summary>Takes bytes that are there already, so that it is of no use to refuse them: others are refused instead.</summary>
    public void Add(MemoryUse use, long bytes)
    {
        Interlocked.Add(ref _used[(int)use], bytes);
        Interlocked.Add(ref _total, bytes);
    }

    /// <summary>As <see cref="Add"/>, for as long as the lease is held.</summary>
    public MemoryLease Keep(MemoryUse use, long bytes)
    {
        Add(use, bytes);
        return new MemoryLease(this, use, bytes);
    }

    /// <summary>Gives back bytes that were reserved, or added.</summary>
    public void Return(MemoryUse use, long bytes)
    {
        if (bytes > 0)
        {
            Interlocked.Add(ref _total, -bytes);
            Interlocked.Add(ref _used[(int)use], -bytes);
        }
    }

    /// <summary>Two that come at the same time may both be refused where one had fitted: neither is let beyond.</summary>
    private static bool TryAdd(ref long used, long bytes, long most)
    {
        if (Interlocked.Add(ref used, bytes) <= most)
        {
            return true;
        }

        Interlocked.Add(ref used, -bytes);
        return false;
    }
}
