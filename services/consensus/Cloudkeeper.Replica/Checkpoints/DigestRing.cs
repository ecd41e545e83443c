using Cloudkeeper.Raft;

namespace Cloudkeeper.Replica.Checkpoints;

/// <summary>This replica's digests behind every so many entries: the last few, in memory only.</summary>
internal sealed class DigestRing
{
    /// <summary>At 20,000 entries a second and one in a thousand kept these are nearly a minute, in 16 KiB.</summary>
    private const int Capacity = 1_024;

    private readonly Queue<(LogIndex Index, ulong Digest)> _items = new(Capacity);

    /// <summary>Zero: none yet.</summary>
    public LogIndex Newest { get; private set; }

    public void Add(LogIndex index, ulong digest)
    {
        Invariant.Require(index > Newest);
        if (_items.Count == Capacity)
        {
            _items.Dequeue();
        }

        _items.Enqueue((index, digest));
        Newest = index;
    }

    public ulong? Find(LogIndex index)
    {
        foreach (var item in _items)
        {
            if (item.Index == index)
            {
                return item.Digest;
            }
        }

        return null;
    }

    /// <summary>The state was replaced: the digests before say nothing about it.</summary>
    public void Clear()
    {
        _items.Clear();
        Newest = LogIndex.Zero;
    }
}
