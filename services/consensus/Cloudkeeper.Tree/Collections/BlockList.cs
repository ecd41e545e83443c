namespace Cloudkeeper.Tree.Collections;

/// <summary>
/// A sorted set in two levels: a list of blocks of up to 512 items. Chosen over a hash table because it has an order to
/// page and iterate by, and because it never rehashes: the longest step is moving one block and the list of blocks.
/// </summary>
internal sealed class BlockList<TKey, TItem, TOrder>
    where TKey : allows ref struct
    where TItem : class
    where TOrder : struct, IBlockOrder<TKey, TItem>
{
    private Block<TItem>[] _blocks = [];
    private int _blockCount;

    public int Count { get; private set; }

    public TItem? First => Count == 0 ? null : _blocks[0][0];

    public TItem? Last => Count == 0 ? null : _blocks[_blockCount - 1].Last;

    public TItem? Find(TKey key)
    {
        if (Count == 0)
        {
            return null;
        }

        var block = _blocks[BlockOf(key)];
        var index = Search(block.AsSpan(), key);
        return index < 0 ? null : block[index];
    }

    /// <summary>Adds an item that is not there.</summary>
    public void Add(TItem item) => Invariant.Require(Set(item) is null, "the key is new");

    /// <summary>Adds an item, or puts it in the place of the one with the same key, which is returned.</summary>
    public TItem? Set(TItem item)
    {
        if (Count == 0)
        {
            InsertBlock(0, new Block<TItem>(item));
            Count = 1;
            return null;
        }

        var at = BlockOf(TOrder.KeyOf(item));
        var block = _blocks[at];
        var index = Search(block.AsSpan(), TOrder.KeyOf(item));
        if (index >= 0)
        {
            var replaced = block[index];
            block[index] = item;
            return replaced;
        }

        Insert(at, ~index, item);
        Count++;
        return null;
    }

    /// <summary>Takes an item out that is there.</summary>
    public void Remove(TKey key)
    {
        Invariant.Require(Count > 0, "the key is there");
        var at = BlockOf(key);
        var block = _blocks[at];
        var index = Search(block.AsSpan(), key);
        Invariant.Require(index >= 0, "the key is there");
        block.RemoveAt(index);
        Count--;
        Shrink(at);
    }

    /// <summary>Takes several items out that are there, at the cost of one pass over the blocks that hold them.</summary>
    /// <param name="run">In order.</param>
    public void RemoveRun(ReadOnlySpan<TItem> run)
    {
        while (!run.IsEmpty)
        {
            Invariant.Require(Count > 0, "the keys are there");
            var at = BlockOf(TOrder.KeyOf(run[0]));
            var removed = _blocks[at].RemoveRun(run);
            Invariant.Require(removed > 0, "the keys are there");
            run = run[removed..];
            Count -= removed;
            Shrink(at);
        }
    }

    /// <summary>How many items are before <paramref name="key"/>.</summary>
    public int CountBefore(TKey key)
    {
        if (Count == 0)
        {
            return 0;
        }

        var at = BlockOf(key);
        var index = Search(_blocks[at].AsSpan(), key);
        var before = index < 0 ? ~index : index;
        for (var i = 0; i < at; i++)
        {
            before += _blocks[i].Count;
        }

        return before;
    }

    public Cursor Start() => new(this, 0, -1);

    /// <summary>Stands before the first item behind <paramref name="key"/>, which need not be there.</summary>
    public Cursor After(TKey key)
    {
        if (Count == 0)
        {
            return Start();
        }

        var at = BlockOf(key);
        var index = Search(_blocks[at].AsSpan(), key);
        return new Cursor(this, at, index < 0 ? ~index - 1 : index);
    }

    public Cursor GetEnumerator() => Start();

    public void Clear()
    {
        _blocks = [];
        _blockCount = 0;
        Count = 0;
    }

    public TItem[] ToArray()
    {
        var items = new TItem[Count];
        var count = 0;
        foreach (var item in this)
        {
            items[count++] = item;
        }

        return items;
    }

    private static int Search(ReadOnlySpan<TItem> items, TKey key)
    {
        var low = 0;
        var high = items.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = TOrder.Compare(key, items[middle]);
            if (order == 0)
            {
                return middle;
            }

            if (order > 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return ~low;
    }

    // The last block that begins at or before the key; the first block when there is none.
    private int BlockOf(TKey key)
    {
        var low = 1;
        var high = _blockCount - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (TOrder.Compare(key, _blocks[middle][0]) >= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low - 1;
    }

    private void Insert(int at, int index, TItem item)
    {
        var block = _blocks[at];
        if (!block.IsFull)
        {
            block.Insert(index, item);
        }
        else if (index == block.Count && at == _blockCount - 1)
        {
            // Ascending keys (sequence numbers, revisions) leave full blocks behind instead of half empty ones.
            InsertBlock(_blockCount, new Block<TItem>(item));
        }
        else
        {
            var upper = block.Split();
            InsertBlock(at + 1, upper);
            if (index > block.Count)
            {
                upper.Insert(index - block.Count, item);
            }
            else
            {
                block.Insert(index, item);
            }
        }
    }

    private void Shrink(int at)
    {
        if (_blocks[at].Count == 0)
        {
            RemoveBlock(at);
        }
        else if (_blocks[at].Count <= Block<TItem>.LengthMax / 4)
        {
            MergeWithNext(at);
            MergeWithNext(at - 1);
        }
    }

    private void MergeWithNext(int at)
    {
        if (at < 0 || at + 1 >= _blockCount
            || _blocks[at].Count + _blocks[at + 1].Count > Block<TItem>.LengthMax / 2)
        {
            return;
        }

        _blocks[at].Append(_blocks[at + 1]);
        RemoveBlock(at + 1);
    }

    private void InsertBlock(int at, Block<TItem> block)
    {
        if (_blockCount == _blocks.Length)
        {
            Array.Resize(ref _blocks, Math.Max(1, _blockCount * 2));
        }

        Array.Copy(_blocks, at, _blocks, at + 1, _blockCount - at);
        _blocks[at] = block;
        _blockCount++;
    }

    private void RemoveBlock(int at)
    {
        _blockCount--;
        Array.Copy(_blocks, at + 1, _blocks, at, _blockCount - at);
        _blocks[_blockCount] = null!;
    }

    /// <summary>Goes over the items in order; valid as long as the list does not change.</summary>
    public struct Cursor(BlockList<TKey, TItem, TOrder> list, int block, int index)
    {
        private int _block = block;
        private int _index = index;

        public readonly TItem Current => list._blocks[_block][_index];

        public bool MoveNext()
        {
            if (_block < list._blockCount && ++_index >= list._blocks[_block].Count)
            {
                _block++;
                _index = 0;
            }

            return _block < list._blockCount;
        }
    }
}
