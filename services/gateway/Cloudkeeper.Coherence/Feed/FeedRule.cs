using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Coherence.Feed;

/// <summary>
/// Takes the frames of the feed, from a node or from Redis, and decides what each means for its consumers: every change
/// reaches them once and in order, or they are notified that something is lost.
/// </summary>
public sealed class FeedRule
{
    /// <summary>
    /// How far a gateway may advance at once by frames from Redis: more than were ever committed while a message was on
    /// its way. Only the feed of a node can go on at the next multiple of <see cref="Revision.IncarnationStride"/>.
    /// </summary>
    public const long JumpMax = 1 << 20;

    private bool _isStarted;

    // The changes behind our revision are gone from the history: it begins anew.
    private bool _isLost;

    // Nothing that was passed on counts: the next node's feed is the truth.
    private bool _isDistrusted;

    /// <summary>The cluster of these changes. Revisions of two clusters cannot be compared (bug B-75).</summary>
    public Guid Cluster { get; private set; }

    /// <summary>Everything up to here was passed on.</summary>
    public Revision Revision { get; private set; }

    /// <summary>Behind which a feed has to begin; null: anywhere.</summary>
    public Revision? Position => _isStarted && !_isLost && !_isDistrusted ? Revision : null;

    /// <summary>A frame out of Redis, which only a gateway of this cluster can have published, now or earlier.</summary>
    public FeedVerdict Hear(FeedFrame frame)
    {
        var told = frame switch
        {
            ChangeSetFrame { ChangeSet.Revision: var revision } => revision,
            ProgressFrame { Revision: var revision } => revision,
            _ => default(Revision?),
        };
        return told is { } far && far.Value <= Revision.Value + JumpMax
            ? Take(frame)
            : FeedVerdict.Implausible;
    }

    /// <summary>A frame of a node's feed.</summary>
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

    /// <summary>
    /// The changes that were passed on are not those that were committed (<see cref="PoisonCheck"/>): begin anew.
    /// </summary>
    public void Distrust() => _isDistrusted = true;

    private FeedVerdict Begin(StartFrame start)
    {
        if (_isStarted && !_isDistrusted && start.Cluster == Cluster && start.From <= Revision)
        {
            // It goes on at our revision, or repeats older changes: this node's history reaches back further.
            _isLost = false;
            return FeedVerdict.Nothing;
        }

        if (Position is not null)
        {
            _isLost = true;
            return FeedVerdict.OtherCluster;
        }

        (_isStarted, _isLost, _isDistrusted) = (true, false, false);
        (Cluster, Revision) = (start.Cluster, start.From);
        return FeedVerdict.Restart;
    }

    private FeedVerdict GoOn(ChangeSet set)
    {
        // A node that lags behind the one before repeats older changes.
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
