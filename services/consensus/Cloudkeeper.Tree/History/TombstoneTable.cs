using Cloudkeeper.Protocol;
using Cloudkeeper.Tree.Collections;

namespace Cloudkeeper.Tree.History;

/// <summary>
/// The newest deletions, by path. Apart from the change history, because it must answer by path, and reach further back
/// than that.
/// </summary>
/// <remarks>
/// A long poll for a deletion that has been forgotten must not wait for ever: such a path is reported as absent since
/// the floor, which no forgotten deletion is above.
/// </remarks>
internal sealed class TombstoneTable(StateMachineOptions options, StateDigest digest)
{
    private readonly IndexedQueue<ReadOnlySpan<char>, Tombstone, TombstoneOrder> _tombstones = new();

    /// <summary>Deletions up to here may have been forgotten, none above. Always 0 before feature level 4.</summary>
    public Revision Floor { get; set; }

    /// <summary>
    /// When an absent path was deleted; <see cref="Floor"/> when that has been forgotten, or it never was there.
    /// </summary>
    public Revision DeletedAt(ReadOnlySpan<char> path) => _tombstones.Find(path)?.Revision ?? Floor;

    public void Add(Tombstone tombstone, int level)
    {
        Load(tombstone);
        while (_tombstones.Count > options.TombstonesMax)
        {
            var oldest = _tombstones.Dequeue();
            digest.Remove(oldest.ComputeHash());
            if (level >= FeatureLevels.DeletionFloor)
            {
                Floor = oldest.Revision;
            }
        }
    }

    /// <summary>
    /// The cluster introduces the floor: forgotten deletions were not noted so far, but all are older than this.
    /// </summary>
    public void BeginFloor() => Floor = _tombstones.Count < options.TombstonesMax ? Revision.Zero : _tombstones.First.Revision;

    /// <summary>Adds a deletion of a snapshot, within any bound.</summary>
    public void Load(Tombstone tombstone)
    {
        _tombstones.Enqueue(tombstone);
        digest.Add(tombstone.ComputeHash());
    }

    public FrozenQueue<Tombstone> Freeze() => _tombstones.Freeze();
}
