namespace Cloudkeeper.Tree.Collections;

/// <summary>
/// Unchanging items that leave in the order in which they came, found by key; of equal keys the newest is found.
/// </summary>
internal sealed class IndexedQueue<TKey, TItem, TOrder>
    where TKey : allows ref struct
    where TItem : class
    where TOrder : struct, IBlockOrder<TKey, TItem>
{
    private readonly ChunkedQueue<TItem> _queue = new();
    private readonly BlockList<TKey, TItem, TOrder> _index = new();

    public int Count => _queue.Count;

    public TItem First => _queue.First;

    public TItem? Find(TKey key) => _index.Find(key);

    public void Enqueue(TItem item)
    {
        _queue.Enqueue(item);
        _index.Set(item);
    }

    public TItem Dequeue()
    {
        var item = _queue.Dequeue();
        if (ReferenceEquals(_index.Find(TOrder.KeyOf(item)), item))
        {
            _index.Remove(TOrder.KeyOf(item));
        }

        return item;
    }

    public FrozenQueue<TItem> Freeze() => _queue.Freeze();
}
