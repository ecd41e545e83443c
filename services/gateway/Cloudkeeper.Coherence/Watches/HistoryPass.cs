using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Coherence.Watches;

/// <summary>
/// One pass through a node's history, for all watchers that come from any revision on it: each gets what is above its
/// own position. Their queues have no bound here: the reader of the history goes on when they have taken all of it.
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

    /// <param name="from">The watcher's position. Null: the pass is past it.</param>
    /// <param name="wake">See <see cref="Subscription"/>.</param>
    public Subscription? Join(WatchInterest interest, Revision from, Action wake) =>
        from < Revision ? null : _hub.Subscribe(interest, from, wake);

    public void Leave(Subscription subscription) => _hub.Unsubscribe(subscription);

    /// <summary>Takes a node's answer to the request for the history from this pass's revision on.</summary>
    /// <returns>
    /// Null: all is well. Else changes are gone, and history begins here: watchers below it have lost them, and the
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

            // A node that lags behind the one before repeats changes that have been passed on.
            case ChangeSetFrame { ChangeSet: var set } when set.Revision > Revision:
                _hub.Publish(set.Previous == Revision ? set : set with { Previous = Revision });
                return null;
            default:
                return null;
        }
    }
}
