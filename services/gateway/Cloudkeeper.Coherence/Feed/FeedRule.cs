using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Coherence.Feed;

/// <summary>
/// Takes the frames of the feed, wherever they come from, and decides what each means for those who depend on it: every
/// change reaches them once and in order, or they are told that something is lost.
/// </summary>
public sealed class FeedRule
{
    private bool _isStarted;

    // What follows our revision is gone from the history: it begins anew.
    private bool _isLost;

    /// <summary>Whose changes these are. Revisions of two clusters say nothing of each other (bug B-75).</summary>
    public Guid Cluster { get; private set; }

    /// <summary>Everything up to here was passed on.</summary>
    public Revision Revision { get; private set; }

    /// <summary>Behind which a feed has to begin; null: anywhere.</summary>
    public Revision? Position => _isStarted && !_isLost ? Revision : null;

    public FeedVerdict Take(FeedFrame frame)
    {
        switch (frame)
        {
            case StartFrame start:
                return Begin(start);
            case ChangeSetFrame { ChangeSet: var set }:
                return GoOn(set);
            case ProgressFrame { Revision: var revision } when revision > Revision:
                return FeedVerdict.Missing;
            case CompactedFrame:
                _isLost = true;
                return FeedVerdict.Compacted;
            default:
                return FeedVerdict.Nothing;
        }
    }

    private FeedVerdict Begin(StartFrame start)
    {
        if (_isStarted && start.Cluster == Cluster && start.From <= Revision)
        {
            // It goes on where we are, or repeats what we have: this node's history reaches back further.
            _isLost = false;
            return FeedVerdict.Nothing;
        }

        if (_isStarted && !_isLost)
        {
            _isLost = true;
            return FeedVerdict.OtherCluster;
        }

        (_isStarted, _isLost, Cluster, Revision) = (true, false, start.Cluster, start.From);
        return FeedVerdict.Restart;
    }

    private FeedVerdict GoOn(ChangeSet set)
    {
        // A node that lags behind the one before repeats what we have.
        if (set.Revision <= Revision)
        {
            return FeedVerdict.Nothing;
        }

        if (set.Previous != Revision)
        {
            return FeedVerdict.Missing;
        }

        Revision = set.Revision;
        return FeedVerdict.Apply;
    }
}
