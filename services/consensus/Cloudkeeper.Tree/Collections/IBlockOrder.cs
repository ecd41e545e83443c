namespace Cloudkeeper.Tree.Collections;

/// <summary>
/// The order of the items of a <see cref="BlockList{TKey,TItem,TOrder}"/>: total, and fixed while an item is in it.
/// </summary>
internal interface IBlockOrder<TKey, TItem>
    where TKey : allows ref struct
{
    /// <summary>Negative: <paramref name="key"/> is before <paramref name="item"/>; 0: it is its key.</summary>
    static abstract int Compare(TKey key, TItem item);

    static abstract TKey KeyOf(TItem item);
}
