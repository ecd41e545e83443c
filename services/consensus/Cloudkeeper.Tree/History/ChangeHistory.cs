using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Tree.Collections;

namespace Cloudkeeper.Tree.History;

/// <summary>The newest change sets, bounded by their number and by their size.</summary>
internal sealed class ChangeHistory(StateMachineOptions options, StateDigest digest)
{
    private readonly ChunkedQueue<ChangeSet> _sets = new();

    /// <summary>Everything up to here is gone.</summary>
    public Revision CompactedTo { get; set; }

    public long SizeBytes { get; private set; }

    public void Add(ChangeSet set)
    {
        Load(set);
        while (_sets.Count > options.HistorySetsMax || (SizeBytes > options.HistoryBytesMax && _sets.Count > 0))
        {
            Forget();
        }
    }

    /// <summary>Adds what a snapshot holds, whatever the bounds are now.</summary>
    public void Load(ChangeSet set)
    {
        _sets.Enqueue(set);
        SizeBytes += SizeOf(set);
        digest.Add(HashOf(set));
    }

    /// <summary>Forgets all; whatever comes next is behind <paramref name="compactedTo"/>.</summary>
    public void Clear(Revision compactedTo)
    {
        while (_sets.Count > 0)
        {
            Forget();
        }

        CompactedTo = compactedTo;
    }

    public HistoryStatus StatusOf(Revision from) => new(
        from < CompactedTo,
        _sets.Count > 0 ? _sets.First.Revision : CompactedTo.Next());

    public HistoryStatus Read(Revision from, int countMax, ICollection<ChangeSet> into)
    {
        var status = StatusOf(from);
        if (!status.IsCompacted)
        {
            var first = IndexAbove(from);
            var end = Math.Min(_sets.Count, first + (long)countMax);
            for (var i = first; i < end; i++)
            {
                into.Add(_sets[i]);
            }
        }

        return status;
    }

    public ChangeSet? Find(Revision revision)
    {
        var index = IndexAbove(new Revision(revision.Value - 1));
        return index < _sets.Count && _sets[index].Revision == revision ? _sets[index] : null;
    }

    public FrozenQueue<ChangeSet> Freeze() => _sets.Freeze();

    /// <summary>An estimate of the memory, the same on every replica.</summary>
    private static long SizeOf(ChangeSet set)
    {
        const int setBytes = 128;
        const int changeBytes = 256;
        const int pathBytes = 64;
        var size = (long)setBytes;
        for (var i = 0; i < set.Changes.Count; i++)
        {
            var change = set.Changes[i];
            size += changeBytes + (2L * change.Path.Length) + (change.Value?.Length ?? 0)
                + (change.Previous?.Value.Length ?? 0);
        }

        for (var i = 0; i < set.TouchedParents.Count; i++)
        {
            size += pathBytes + (2L * set.TouchedParents[i].Length);
        }

        return size;
    }

    // The contents of the changes are in the digests of the nodes already.
    private static ulong HashOf(ChangeSet set)
    {
        var hash = new RecordHash(RecordKind.ChangeSet);
        hash.Add(set.Previous.Value);
        hash.Add(set.Revision.Value);
        hash.Add(set.Time);
        hash.Add((ulong)set.Changes.Count);
        hash.Add((ulong)set.EndedSessions.Count);
        if (set.TouchedParents.Count > 0)
        {
            hash.Add((ulong)set.TouchedParents.Count);
        }

        return hash.Value;
    }

    private void Forget()
    {
        var oldest = _sets.Dequeue();
        CompactedTo = oldest.Revision;
        SizeBytes -= SizeOf(oldest);
        digest.Remove(HashOf(oldest));
    }

    private int IndexAbove(Revision revision)
    {
        var low = 0;
        var high = _sets.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_sets[middle].Revision > revision)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }
}
