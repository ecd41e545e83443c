namespace Cloudkeeper.Coherence.Cache;

/// <summary>Entries by path, bounded by their bytes: the least recently used go first.</summary>
public sealed class CacheEntries(long bytesMax)
{
    private const int OverheadBytes = 400;

    /// <summary>A larger one would drive out too many others.</summary>
    private readonly long _entryBytesMax = bytesMax / 16;

    private readonly Dictionary<string, LinkedListNode<Item>> _byPath = new(StringComparer.Ordinal);

    // The least recently used one first.
    private readonly LinkedList<Item> _byUse = [];

    public long Bytes { get; private set; }

    public int Count => _byPath.Count;

    /// <returns>Null: not here.</returns>
    public CacheEntry? Find(string path) => _byPath.TryGetValue(path, out var node) ? node.Value.Entry : null;

    /// <summary>Finds an entry that is being used.</summary>
    public CacheEntry? Use(string path)
    {
        if (!_byPath.TryGetValue(path, out var node))
        {
            return null;
        }

        if (node.Next is not null)
        {
            _byUse.Remove(node);
            _byUse.AddLast(node);
        }

        return node.Value.Entry;
    }

    /// <summary>Adds or replaces.</summary>
    /// <returns>False: too large; there is none of this path now.</returns>
    public bool Set(string path, CacheEntry entry)
    {
        Remove(path);
        var bytes = BytesOf(path, entry);
        if (bytes > _entryBytesMax)
        {
            return false;
        }

        _byPath.Add(path, _byUse.AddLast(new Item(path, entry, bytes)));
        Bytes += bytes;
        while (Bytes > bytesMax)
        {
            Remove(_byUse.First!.Value.Path);
        }

        return true;
    }

    public void Remove(string path)
    {
        if (_byPath.Remove(path, out var node))
        {
            _byUse.Remove(node);
            Bytes -= node.Value.Bytes;
        }
    }

    public void Clear()
    {
        _byPath.Clear();
        _byUse.Clear();
        Bytes = 0;
    }

    private static long BytesOf(string path, CacheEntry entry) =>
        OverheadBytes + (sizeof(char) * (path.Length + entry.Node.ContentType.Length)) + entry.Node.Value.Length;

    private sealed record Item(string Path, CacheEntry Entry, long Bytes);
}
