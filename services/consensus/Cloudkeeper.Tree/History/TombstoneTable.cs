using Cloudkeeper.Protocol;
using Cloudkeeper.Tree.Collections;

namespace Cloudkeeper.Tree.History;

/// <summary>
/// The newest deletions, by path. Apart from the change history, because it must answer by path, and reach further back
/// than a history that large values have pushed out.
/// </summary>
internal sealed class TombstoneTable(StateMachineOptions options, StateDigest digest)
{
    private readonly IndexedQueue<ReadOnlySpan<char>, Tombstone, TombstoneOrder> _tombstones = new();

    /// <summary>0 when it is not known (any more).</summary>
    public Revision DeletedAt(ReadOnlySpan<char> path) => _tombstones.Find(path)?.Revision ?? Revision.Zero;

    public void Add(Tombstone tombstone)
    {
        Load(tombstone);
        while (_tombstones.Count > options.TombstonesMax)
        {
            digest.Remove(_tombstones.Dequeue().ComputeHash());
        }
    }

    /// <summary>Adds what a snapshot holds, whatever the bound is now.</summary>
    public void Load(Tombstone tombstone)
    {
        _tombstones.Enqueue(tombstone);
        digest.Add(tombstone.ComputeHash());
    }

    public FrozenQueue<Tombstone> Freeze() => _tombstones.Freeze();
}
