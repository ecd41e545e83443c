using Cloudkeeper.Gateway.Cache;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Gateway.Feed;

/// <summary>Takes the frames of the feed, wherever they come from, without gaps, and passes them on to all who depend on them.</summary>
internal sealed partial class FeedIntake(
    NodeCache cache, FeedProgress progress, WatchPump watches, ILogger<FeedIntake> logger)
{
    // What follows our revision is gone from the history: it begins anew.
    private bool _isLost;

    /// <summary>Behind which a feed has to begin; null: anywhere.</summary>
    public Revision? Position => progress.IsStarted && !_isLost ? progress.Revision : null;

    /// <exception cref="WireFormatException">Something is missing before it.</exception>
    /// <exception cref="IOException">It is of another cluster.</exception>
    public ValueTask AcceptAsync(FeedFrame frame, CancellationToken cancellationToken)
    {
        progress.Touch();
        switch (frame)
        {
            case StartFrame start:
                return BeginAsync(start, cancellationToken);
            case ChangeSetFrame changes:
                return GoOnAsync(changes, cancellationToken);
            case ProgressFrame { Revision: var revision } when revision > progress.Revision:
                throw new WireFormatException($"Progress to {revision} behind {progress.Revision}: changes are missing.");
            case CompactedFrame { OldestRevision: var oldest }:
                LogCompacted(logger, progress.Revision, oldest);
                _isLost = true;
                return ValueTask.CompletedTask;
            default:
                return ValueTask.CompletedTask;
        }
    }

    private ValueTask BeginAsync(StartFrame start, CancellationToken cancellationToken)
    {
        var isOurs = progress.IsStarted && start.Cluster == cache.Cluster;
        if (isOurs && start.From <= progress.Revision)
        {
            // It goes on where we are, or repeats what we have: this node's history reaches back further.
            _isLost = false;
            return ValueTask.CompletedTask;
        }

        if (progress.IsStarted && !_isLost)
        {
            _isLost = true;
            throw new IOException($"The nodes are of cluster {start.Cluster:N} now, no longer of {cache.Cluster:N}.");
        }

        _isLost = false;
        cache.Restart(start.Cluster, start.From);
        progress.Restart(start.Cluster, start.From);
        return watches.PassOnAsync(start, cancellationToken);
    }

    /// <summary>Reads may rely on a change before watchers hear of it: what a watch has told can be read here.</summary>
    private ValueTask GoOnAsync(ChangeSetFrame changes, CancellationToken cancellationToken)
    {
        // A node that lags behind the one before repeats what we have.
        var set = changes.ChangeSet;
        if (set.Revision <= progress.Revision)
        {
            return ValueTask.CompletedTask;
        }

        if (set.Previous != progress.Revision)
        {
            throw new WireFormatException($"Changes from {set.Previous} to {set.Revision} behind {progress.Revision}.");
        }

        cache.Apply(set);
        progress.Reach(set.Revision);
        return watches.PassOnAsync(changes, cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "Changes behind revision {Revision} are gone, history begins at {Oldest}")]
    private static partial void LogCompacted(ILogger logger, Revision revision, Revision oldest);
}
