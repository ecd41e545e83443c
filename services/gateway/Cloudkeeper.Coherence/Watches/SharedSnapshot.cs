using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Coherence.Watches;

/// <summary>
/// The initial state of equal watches, read once for all of them: for those that come while it is read, and for those
/// that come later for as long as nothing of it has changed. None of them gets a state that is older than its own
/// beginning.
/// </summary>
/// <param name="present">The newest revision when the first of them came.</param>
public sealed class SharedSnapshot(WatchInterest interest, bool withValues, Revision present)
{
    private Revision _needed = present;
    private bool _isSealed;

    /// <summary>The nodes that have been read so far.</summary>
    public SnapshotBuilder Builder { get; private set; } = new(interest, withValues);

    /// <summary>Once it is sealed: of which revision it is, or will be. It advances.</summary>
    public Revision Revision { get; private set; }

    /// <summary>A page that is read now has to be of this revision or later.</summary>
    public Revision PageRevision => Builder.Latest > Revision.Zero ? Builder.Earliest : _needed;

    /// <summary>Reads all nodes again: changes that happened meanwhile are not at hand.</summary>
    public void BeginAnew()
    {
        _isSealed = false;
        Builder = new SnapshotBuilder(interest, withValues);
    }

    /// <summary>All nodes are read: up to which revision the state is to be patched.</summary>
    public Revision Seal()
    {
        _isSealed = true;
        var read = Builder.Latest > Builder.Earliest ? Builder.Latest : Builder.Earliest;
        return Revision = read > _needed ? read : _needed;
    }

    /// <summary>Whether another watch can share it, which must get at least the present state.</summary>
    public bool TryJoin(Revision present)
    {
        if (_isSealed)
        {
            return present <= Revision;
        }

        _needed = present > _needed ? present : _needed;
        return true;
    }

    /// <summary>The state at a revision is that of a later one, if no change between them concerns it.</summary>
    /// <param name="changes">Above <see cref="Revision"/>, in order, at least up to <paramref name="through"/>.</param>
    /// <returns>False: it stays the state of its revision.</returns>
    public bool TryAdvance(IEnumerable<ChangeSet> changes, Revision through)
    {
        foreach (var set in changes.TakeWhile(set => set.Revision <= through))
        {
            if (set.Changes.Any(change => interest.Matches(change.Path)))
            {
                return false;
            }
        }

        Revision = through > Revision ? through : Revision;
        _needed = Revision;
        return true;
    }

    /// <summary>Once all of it is patched and filled.</summary>
    public Snapshot Build() => new(Revision, Builder.Nodes);
}
