using Cloudkeeper.Coherence.Feed;
using Cloudkeeper.Gateway.Cache;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Gateway.Feed;

/// <summary>Passes what <see cref="FeedRule"/> takes on to all who depend on it.</summary>
internal sealed partial class FeedIntake(
    NodeCache cache, FeedProgress progress, WatchPump watches, ILogger<FeedIntake> logger)
{
    private readonly FeedRule _rule = new();

    /// <inheritdoc cref="FeedRule.Position"/>
    public Revision? Position => _rule.Position;

    /// <exception cref="WireFormatException">Something is missing before it.</exception>
    /// <exception cref="IOException">It is of another cluster.</exception>
    public ValueTask AcceptAsync(FeedFrame frame, CancellationToken cancellationToken)
    {
        progress.Touch();
        switch (_rule.Take(frame))
        {
            case FeedVerdict.Restart:
                return RestartAsync((StartFrame)frame, cancellationToken);
            case FeedVerdict.Apply:
                return ApplyAsync((ChangeSetFrame)frame, cancellationToken);
            case FeedVerdict.Missing:
                throw new WireFormatException($"{frame} behind {_rule.Revision}: changes are missing.");
            case FeedVerdict.OtherCluster:
                throw new IOException($"The nodes are no longer of cluster {_rule.Cluster:N}.");
            case FeedVerdict.Compacted:
                LogCompacted(logger, _rule.Revision, ((CompactedFrame)frame).OldestRevision);
                return ValueTask.CompletedTask;
            default:
                return ValueTask.CompletedTask;
        }
    }

    private ValueTask RestartAsync(StartFrame start, CancellationToken cancellationToken)
    {
        cache.Restart(start.Cluster, start.From);
        progress.Restart(start.Cluster, start.From);
        return watches.PassOnAsync(start, cancellationToken);
    }

    /// <summary>Reads may rely on a change before watchers hear of it: what a watch has told can be read here.</summary>
    private ValueTask ApplyAsync(ChangeSetFrame changes, CancellationToken cancellationToken)
    {
        cache.Apply(changes.ChangeSet);
        progress.Reach(changes.ChangeSet.Revision);
        return watches.PassOnAsync(changes, cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "Changes behind revision {Revision} are gone, history begins at {Oldest}")]
    private static partial void LogCompacted(ILogger logger, Revision revision, Revision oldest);
}
