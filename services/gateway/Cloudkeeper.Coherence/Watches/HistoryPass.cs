using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Coherence.Watches;

/// <summary>
/// One way through a node's history, for all watchers who come from anywhere on it: each gets what is above its own position.
/// What waits for them has no bound of its own: whoever reads goes on when they have taken it.
/// </summary>
public sealed class HistoryPass
{
    private readonly WatchHub _hub = new(new WatchLimits(int.MaxValue, long.MaxValue, 0, 0));

    /// <param name="from">Where the oldest of them is.</param>
    public HistoryPass(Revision from) => _hub.Restart(from);

    /// <summary>Every change up to here has been passed on.</summary>
    public Revision Revision => _hub.Revision;

    /// <summary>Watchers on it.</summary>
    public int Count => _hub.Count;

    /// <param name="from">What the watcher has. Null: the pass is past it.</param>
    /// <param name="wake">See <see cref="Subscription"/>.</param>
    public Subscription? Join(WatchInterest interest, Revision from, Action wake) =>
        from < Revision ? null : _hub.Subscribe(interest, from, wake);

    public void Leave(Subscription subscription) => _hub.Unsubscribe(subscription);

    /// <summary>What a node says of its history, which was asked for from where this pass is.</summary>
    /// <returns>
    /// Null: all is well. Else changes are gone, and history begins here: whoever has less than that has lost them, and the
    /// pass is over.
    /// </returns>
    public Revision? Take(FeedFrame frame)
    {
        switch (frame)
        {
            case CompactedFrame { OldestRevision: var oldest }:
                return oldest;
            case ChangeSetFrame { ChangeSet: var set } when set.Previous > Revision:
                return set.Revision;

            // A node that lags behind the one before repeats what has been passed on.
            case ChangeSetFrame { ChangeSet: var set } when set.Revision > Revision:
                _hub.Publish(set.Previous == Revision ? set : set with { Previous = Revision });
                return null;
            default:
                return null;
        }
    }
}
