namespace Cloudkeeper.Tree.Collections;

/// <summary>A sorted run of items.</summary>
internal sealed class Block<TItem>
    where TItem : class
{
    /// <summary>Moving half of this many references takes well below a microsecond.</summary>
    public const int LengthMax = 512;

    private const int LengthFirst = 4;

    private TItem[] _items;

    public Block(TItem first)
    {
        _items = new TItem[LengthFirst];
        _items[0] = first;
        Count = 1;
    }

    private Block(TItem[] items, int count)
    {
        _items = items;
        Count = count;
    }

    public int Count { get; private set; }

    public bool IsFull => Count == LengthMax;

    public TItem Last => _items[Count - 1];

    public TItem this[int index]
    {
        get => _items[index];
        set => _items[index] = value;
    }

    public ReadOnlySpan<TItem> AsSpan() => _items.AsSpan(0, Count);

    public void Insert(int index, TItem item)
    {
        if (Count == _items.Length)
        {
            Array.Resize(ref _items, Math.Min(Count * 2, LengthMax));
        }

        Array.Copy(_items, index, _items, index + 1, Count - index);
        _items[index] = item;
        Count++;
    }

    public void RemoveAt(int index)
    {
        Count--;
        Array.Copy(_items, index + 1, _items, index, Count - index);
        _items[Count] = null!;
    }

    /// <summary>Takes out its items of a run that is in order.</summary>
    /// <returns>How many: they are the first ones of the run.</returns>
    public int RemoveRun(ReadOnlySpan<TItem> run)
    {
        var removed = 0;
        var kept = 0;
        for (var i = 0; i < Count; i++)
        {
            var item = _items[i];
            if (removed < run.Length && ReferenceEquals(item, run[removed]))
            {
                removed++;
            }
            else if (removed == 0)
            {
                kept++;
            }
            else
            {
                _items[kept++] = item;
            }
        }

        Array.Clear(_items, kept, Count - kept);
        Count = kept;
        return removed;
    }

    /// <summary>Takes the upper half out.</summary>
    public Block<TItem> Split()
    {
        var kept = Count / 2;
        var moved = new TItem[LengthMax];
        Array.Copy(_items, kept, moved, 0, Count - kept);
        var upper = new Block<TItem>(moved, Count - kept);
        Array.Clear(_items, kept, Count - kept);
        Count = kept;
        return upper;
    }

    public void Append(Block<TItem> next)
    {
        var count = Count + next.Count;
        if (count > _items.Length)
        {
            Array.Resize(ref _items, LengthMax);
        }

        Array.Copy(next._items, 0, _items, Count, next.Count);
        Count = count;
    }
}
