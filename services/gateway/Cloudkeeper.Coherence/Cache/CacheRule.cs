using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Coherence.Cache;

/// <summary>
/// Decides which reads may be answered from memory.
/// </summary>
/// <remarks>
/// Invariant: an entry is the state of its path at every revision from <see cref="CacheEntry.At"/> to
/// <see cref="Revision"/>; or, when it was read at a revision that the feed has not reached yet, at that one. Changes that
/// pass keep it so: they replace an entry, or remove it when they carry only a part of it. A node's answer is stored
/// only if the changes since then are known and its path is not among them (bug B-74).
/// </remarks>
public sealed class CacheRule(long bytesMax)
{
    // The record of changes takes a part of the memory, too.
    private readonly ChangeFloors _floors = new(bytesMax / 4);
    private readonly CacheEntries _entries = new(bytesMax - (bytesMax / 4));

    /// <summary>The cluster whose state this is. Revisions of two clusters cannot be compared (bug B-75).</summary>
    public Guid Cluster { get; private set; }

    /// <summary>Every change up to here has been seen.</summary>
    public Revision Revision { get; private set; }

    public long Bytes => _entries.Bytes;

    public int Count => _entries.Count;

    /// <summary>Begins with this revision. Earlier changes are not known, so no entry counts any more.</summary>
    public void Restart(Guid cluster, Revision revision)
    {
        _entries.Clear();
        _floors.Restart(revision);
        Cluster = cluster;
        Revision = revision;
    }

    /// <summary>The feed goes on by a transaction.</summary>
    /// <exception cref="ArgumentException">It does not follow the last one.</exception>
    public void Apply(ChangeSet set)
    {
        if (set.Previous != Revision || set.Revision <= Revision)
        {
            throw new ArgumentException($"{set.Previous} to {set.Revision} does not follow {Revision}.", nameof(set));
        }

        Revision = set.Revision;
        foreach (var change in set.Changes)
        {
            Apply(change, set.Revision);
        }

        foreach (var parent in set.TouchedParents)
        {
            TouchParent(parent, set.Revision);
        }
    }

    /// <summary>A node has answered.</summary>
    /// <param name="at">The revision of its answer.</param>
    /// <returns>False: that is not known to be, or known not to be, the newest state.</returns>
    public bool Fill(Guid cluster, string path, ReadNodeResult node, bool withValue, Revision at)
    {
        if (cluster != Cluster || node.Code is not (ResultCode.Ok or ResultCode.NodeNotFound)
            || !_floors.IsUnchangedSince(path, at))
        {
            return false;
        }

        var entry = CacheEntry.Of(node, withValue, at);
        return (_entries.Find(path) is { } present && !Improves(entry, present)) || _entries.Set(path, entry);
    }

    /// <summary>Another gateway has shared a node's answer, with its value.</summary>
    /// <remarks>
    /// An entry from beyond our feed may belong to a past that another Redis, or another disk, still holds.
    /// </remarks>
    /// <returns>As <see cref="Fill"/>.</returns>
    public bool FillShared(Guid cluster, string path, CacheEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return entry.At <= Revision && Fill(cluster, path, entry.Node, withValue: true, entry.At);
    }

    /// <summary>Whether there is an entry at all; whether it is new enough is another question.</summary>
    public bool Holds(string path, bool withValue) => _entries.Find(path) is { } entry && Has(entry, withValue);

    /// <summary>The state of a path at some revision that is not below <paramref name="required"/>.</summary>
    /// <param name="at">That revision.</param>
    public bool TryRead(string path, bool withValue, Revision required, out ReadNodeResult? node, out Revision at)
    {
        node = null;
        at = Revision;
        if (_entries.Use(path) is not { } entry || !Has(entry, withValue))
        {
            return false;
        }

        at = entry.At > Revision ? entry.At : Revision;
        node = entry.Node;
        return at >= required;
    }

    private static bool Has(CacheEntry entry, bool withValue) => entry.HasValue || !withValue;

    /// <summary>Not older; and a stat alone does not drive out the value that belongs to it.</summary>
    private static bool Improves(CacheEntry entry, CacheEntry present) =>
        entry.At >= present.At && !(present.HasValue && entry.Node.Stat == present.Node.Stat);

    private void Apply(Change change, Revision revision)
    {
        _floors.Touch(change.Path, revision);
        if (_entries.Find(change.Path) is { } entry && entry.At < revision)
        {
            _entries.Set(change.Path, EntryOf(change, revision));
        }

        // Creating or deleting a child changes the parent's stat, which the feed does not carry. A parent that the same
        // transaction has changed comes before its children, and its own event is final.
        if (change.TouchesParent(revision))
        {
            TouchParent(NodePath.ParentOf(change.Path), revision);
        }
    }

    private void TouchParent(string parent, Revision revision)
    {
        _floors.Touch(parent, revision);
        if (_entries.Find(parent) is { } stale && stale.At < revision)
        {
            _entries.Remove(parent);
        }
    }

    private static CacheEntry EntryOf(Change change, Revision revision) => change.Type == ChangeType.Deleted
        ? new CacheEntry(new ReadNodeResult(ResultCode.NodeNotFound, null, "", default, revision), true, revision)
        : new CacheEntry(
            new ReadNodeResult(ResultCode.Ok, change.Stat, change.ContentType, change.Value ?? default, Revision.Zero),
            change.Value is not null,
            revision);
}
