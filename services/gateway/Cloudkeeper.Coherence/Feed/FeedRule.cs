using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Coherence.Feed;

/// <summary>
/// Takes the frames of the feed, wherever they come from, and decides what each means for those who depend on it: every
/// change reaches them once and in order, or they are told that something is lost.
/// </summary>
public sealed class FeedRule
{
    /// <summary>
    /// How far a gateway may come at once by what others say in Redis: more than were ever committed while a message was on
    /// its way. A cluster that goes on at the next multiple of <see cref="Revision.IncarnationStride"/> says so by its nodes.
    /// </summary>
    public const long JumpMax = 1 << 20;

    private bool _isStarted;

    // What follows our revision is gone from the history: it begins anew.
    private bool _isLost;

    // Nothing that was passed on counts: whatever a node says is the truth.
    private bool _isDistrusted;

    /// <summary>Whose changes these are. Revisions of two clusters say nothing of each other (bug B-75).</summary>
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

    /// <summary>What was passed on is not what was committed (<see cref="PoisonCheck"/>): everything begins anew.</summary>
    public void Distrust() => _isDistrusted = true;

    private FeedVerdict Begin(StartFrame start)
    {
        if (_isStarted && !_isDistrusted && start.Cluster == Cluster && start.From <= Revision)
        {
            // It goes on where we are, or repeats what we have: this node's history reaches back further.
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
