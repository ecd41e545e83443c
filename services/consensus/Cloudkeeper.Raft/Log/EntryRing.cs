using System.Numerics;

namespace Cloudkeeper.Raft.Log;

/// <summary>
/// A row of entries that grows at its end and is cut at both: every operation costs only the entries that it touches.
/// </summary>
internal sealed class EntryRing
{
    private const int CapacityMin = 64;
    private LogEntry[] _slots = new LogEntry[CapacityMin];
    private int _head;

    public int Count { get; private set; }

    public ref readonly LogEntry this[int position]
    {
        get
        {
            Invariant.Require(position >= 0 && position < Count);
            return ref _slots[Slot(position)];
        }
    }

    public void Add(in LogEntry entry)
    {
        if (Count == _slots.Length)
        {
            Resize(_slots.Length * 2);
        }

        _slots[Slot(Count)] = entry;
        Count++;
    }

    public void DropHead(int count)
    {
        Invariant.Require(count >= 0 && count <= Count);
        Forget(0, count);
        _head = Slot(count);
        Count -= count;
        ShrinkIfSparse();
    }

    public void DropTail(int count)
    {
        Invariant.Require(count >= 0 && count <= Count);
        Forget(Count - count, count);
        Count -= count;
        ShrinkIfSparse();
    }

    /// <summary>A copy, because entries in the caller's hands must not change when the tail is replaced.</summary>
    public LogEntry[] Copy(int position, int count)
    {
        Invariant.Require(position >= 0 && count >= 0 && position + count <= Count);
        if (count == 0)
        {
            return [];
        }

        var copy = new LogEntry[count];
        var first = Slot(position);
        var untilWrap = Math.Min(count, _slots.Length - first);
        Array.Copy(_slots, first, copy, 0, untilWrap);
        Array.Copy(_slots, 0, copy, untilWrap, count - untilWrap);
        return copy;
    }

    // The capacity is a power of two.
    private int Slot(int position) => (_head + position) & (_slots.Length - 1);

    // Cleared slots let go of their payloads.
    private void Forget(int position, int count)
    {
        for (var i = 0; i < count; i++)
        {
            _slots[Slot(position + i)] = default;
        }
    }

    // A quarter, not a half: else a count that swings around a power of two would copy all the time.
    private void ShrinkIfSparse()
    {
        if (_slots.Length > CapacityMin && Count <= _slots.Length / 4)
        {
            Resize(Math.Max(CapacityMin, (int)BitOperations.RoundUpToPowerOf2((uint)Count * 2)));
        }
    }

    private void Resize(int capacity)
    {
        var slots = new LogEntry[capacity];
        Copy(0, Count).CopyTo(slots, 0);
        _slots = slots;
        _head = 0;
    }
}
