using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Tree.Collections;

namespace Cloudkeeper.Tree.History;

/// <summary>The newest change sets, bounded by their number and by their size.</summary>
/// <remarks>
/// From feature level 4 on a change is published before it may be forgotten: an entry forgets what entries before it
/// have left, never what it adds, and the replica publishes the changes of applied entries before that comes to much
/// (<see cref="HasMuchNews"/>). No transaction, however large, displaces more than a quarter of what the others have
/// left, and values, which are large, are gone before the facts, which are many. Before, a set that was larger than the
/// bound displaced everything and itself.
/// </remarks>
internal sealed class ChangeHistory(StateMachineOptions options, StateDigest digest)
{
    /// <summary>A transaction counts for this part of the facts at most.</summary>
    private const int FactShare = 4;

    /// <summary>
    /// A transaction that has more than this part of the values apart keeps none of the values before it.
    /// </summary>
    private const int ValueShare = 2;

    /// <summary>The changes that are not published yet come to this part of the history at most.</summary>
    private const int NewsShare = 8;

    private readonly ChunkedQueue<KeptChangeSet> _sets = new();

    // So many of the oldest sets have no values apart (any more).
    private int _bareCount;

    // All together, before level 4.
    private long _bytes;
    private long _factBytes;
    private long _valueBytes;

    // Of no other meaning than how much has come since the last telling: no part of the state.
    private int _newSets;
    private long _newBytes;

    /// <summary>All changes up to here are gone.</summary>
    public Revision CompactedTo { get; set; }

    /// <summary>So many changes are not published yet that they should not wait for more.</summary>
    public bool HasMuchNews =>
        _newSets > options.HistorySetsMax / NewsShare || _newBytes > options.HistoryFactBytesMax / NewsShare;

    public void NewsTold() => (_newSets, _newBytes) = (0, 0);

    public void Add(ChangeSet set, int level)
    {
        var kept = new KeptChangeSet(set);
        if (level >= FeatureLevels.SparingHistory)
        {
            Enqueue(kept.ValueBytes > options.HistoryValueBytesMax / ValueShare ? kept.Without(present: false) : kept);
            return;
        }

        Enqueue(kept);
        while (_sets.Count > options.HistorySetsMax || (_bytes > options.HistoryBytesMax && _sets.Count > 0))
        {
            Forget();
        }
    }

    /// <summary>An entry begins: forgets what those before have left above the bounds.</summary>
    public void Trim(int level)
    {
        if (level < FeatureLevels.SparingHistory)
        {
            return;
        }

        while (_sets.Count > options.HistorySetsMax || (_factBytes > options.HistoryFactBytesMax && _sets.Count > 1))
        {
            Forget();
        }

        while (_valueBytes > options.HistoryValueBytesMax)
        {
            ForgetValues();
        }
    }

    /// <summary>Adds a set of a snapshot, within any bounds.</summary>
    public void Load(ChangeSet set) => Enqueue(new KeptChangeSet(set));

    /// <summary>Forgets all; the next change is behind <paramref name="compactedTo"/>.</summary>
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
        _sets.Count > 0 ? _sets.First.Set.Revision : CompactedTo.Next());

    public HistoryStatus Read(Revision from, int countMax, ICollection<ChangeSet> into)
    {
        var status = StatusOf(from);
        if (!status.IsCompacted)
        {
            var first = IndexAbove(from);
            var end = Math.Min(_sets.Count, first + (long)countMax);
            for (var i = first; i < end; i++)
            {
                into.Add(_sets[i].Set);
            }
        }

        return status;
    }

    /// <returns>Null: no such change. Without its values where they are gone.</returns>
    public Change? Find(Revision revision, string path)
    {
        var index = IndexAbove(new Revision(revision.Value - 1));
        if (index == _sets.Count || _sets[index].Set.Revision != revision)
        {
            return null;
        }

        var changes = _sets[index].Set.Changes;
        var (low, high) = (0, changes.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (string.CompareOrdinal(changes[middle].Path, path) < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low < changes.Count && changes[low].Path == path ? changes[low] : null;
    }

    public FrozenQueue<KeptChangeSet> Freeze() => _sets.Freeze();

    private void Enqueue(KeptChangeSet kept)
    {
        _sets.Enqueue(kept);
        Count(kept, 1);
        digest.Add(kept.Hash);
        _newSets++;
        _newBytes += Charge(kept);
    }

    private void Forget()
    {
        var oldest = _sets.Dequeue();
        CompactedTo = oldest.Set.Revision;
        Count(oldest, -1);
        digest.Remove(oldest.Hash);
        _bareCount = Math.Max(0, _bareCount - 1);
    }

    /// <summary>Of the oldest set that has any.</summary>
    private void ForgetValues()
    {
        var index = _bareCount++;
        var kept = _sets[index];
        if (kept.ValueBytes == 0)
        {
            return;
        }

        var bare = kept.Without(present: true);
        _sets.Replace(index, bare);
        Count(kept, -1);
        Count(bare, 1);
        digest.Remove(kept.Hash);
        digest.Add(bare.Hash);
    }

    private void Count(KeptChangeSet kept, int sign)
    {
        _bytes += sign * (kept.FactBytes + kept.ValueBytes);
        _factBytes += sign * Charge(kept);
        _valueBytes += sign * kept.ValueBytes;
    }

    private long Charge(KeptChangeSet kept) => Math.Min(kept.FactBytes, options.HistoryFactBytesMax / FactShare);

    private int IndexAbove(Revision revision)
    {
        var low = 0;
        var high = _sets.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_sets[middle].Set.Revision > revision)
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
