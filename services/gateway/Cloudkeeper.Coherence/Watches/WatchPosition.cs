using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Coherence.Watches;

/// <summary>
/// How far one watcher is, and its next changes: from a node's history, from the window of recent changes, or live.
/// Every change comes once, from any of them.
/// </summary>
public sealed class WatchPosition(WatchInterest interest, Revision from)
{
    /// <summary>All changes up to here have been returned.</summary>
    public Revision Revision { get; private set; } = from;

    /// <summary>Recent changes above here, as <see cref="WatchHub.TryCatchUp"/> reads them.</summary>
    public WatchStep Take(IReadOnlyList<ChangeSet> sets)
    {
        var events = new List<WatchEvent>();
        var hasSessionEnded = false;
        foreach (var set in sets)
        {
            foreach (var change in set.Changes)
            {
                if (interest.Matches(change.Path))
                {
                    events.Add(new WatchEvent(set.Revision, change));
                }
            }

            hasSessionEnded |= interest.Session is { } id && set.EndedSessions.Contains(id);
            Revision = set.Revision;
        }

        return new WatchStep(events, false, null, hasSessionEnded);
    }

    /// <summary>The events that have waited in the hub.</summary>
    public WatchStep Take(Delivery delivery)
    {
        if (!delivery.HasGap)
        {
            Revision = delivery.Position;
        }

        return new WatchStep(delivery.Events, delivery.HasGap, null, delivery.HasSessionEnded);
    }
}

/// <param name="HasGap">Changes are lost.</param>
/// <param name="OldestRevision">Where history begins, when that is why they are lost.</param>
public readonly record struct WatchStep(
    IReadOnlyList<WatchEvent> Events, bool HasGap, Revision? OldestRevision, bool HasSessionEnded)
{
    public static readonly WatchStep Nothing = new([], false, null, false);
}
