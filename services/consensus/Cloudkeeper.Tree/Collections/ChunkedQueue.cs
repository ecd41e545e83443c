namespace Cloudkeeper.Tree.Collections;

/// <summary>
/// First in, first out, in chunks: nothing is moved when it grows, and <see cref="Freeze"/> copies references to chunks
/// instead of items, so that a snapshot can be taken of millions of items at once.
/// </summary>
internal sealed class ChunkedQueue<T>
    where T : class
{
    private const int ChunkLength = 1_024;

    private readonly List<Chunk> _chunks = [];
    private int _head;

    public int Count { get; private set; }

    public T First => this[0];

    public T this[int index]
    {
        get
        {
            Invariant.Require((uint)index < (uint)Count);
            var at = _head + index;
            return _chunks[at / ChunkLength].Items[at % ChunkLength]!;
        }
    }

    public void Enqueue(T item)
    {
        var at = _head + Count;
        if (at == _chunks.Count * ChunkLength)
        {
            _chunks.Add(new Chunk(new T?[ChunkLength]));
        }

        // A frozen view of this chunk ends before this place.
        _chunks[at / ChunkLength].Items[at % ChunkLength] = item;
        Count++;
    }

    public T Dequeue()
    {
        var item = First;
        if (_chunks[0].IsFrozen)
        {
            _chunks[0] = new Chunk((T?[])_chunks[0].Items.Clone());
        }

        _chunks[0].Items[_head] = null;
        _head++;
        Count--;
        if (_head == ChunkLength)
        {
            _chunks.RemoveAt(0);
            _head = 0;
        }

        return item;
    }

    /// <summary>Puts an item in the place of another one.</summary>
    public void Replace(int index, T item)
    {
        Invariant.Require((uint)index < (uint)Count);
        var at = _head + index;
        if (_chunks[at / ChunkLength].IsFrozen)
        {
            _chunks[at / ChunkLength] = new Chunk((T?[])_chunks[at / ChunkLength].Items.Clone());
        }

        _chunks[at / ChunkLength].Items[at % ChunkLength] = item;
    }

    /// <summary>The present content of the queue, unaffected by later changes.</summary>
    public FrozenQueue<T> Freeze()
    {
        var chunks = new T?[_chunks.Count][];
        for (var i = 0; i < chunks.Length; i++)
        {
            _chunks[i].IsFrozen = true;
            chunks[i] = _chunks[i].Items;
        }

        return new FrozenQueue<T>(chunks, _head, Count, ChunkLength);
    }

    private sealed class Chunk(T?[] items)
    {
        public T?[] Items { get; } = items;

        /// <summary>A frozen view shares the items: those that leave the queue must stay in it.</summary>
        public bool IsFrozen { get; set; }
    }
}

internal sealed class FrozenQueue<T>(T?[][] chunks, int head, int count, int chunkLength)
    where T : class
{
    public int Count { get; } = count;

    public T this[int index] => chunks[(head + index) / chunkLength][(head + index) % chunkLength]!;
}
