using Cloudkeeper.Coherence.Feed;
using Cloudkeeper.Gateway.Cache;
using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Gateway.Feed;

/// <summary>Passes the frames that <see cref="FeedRule"/> takes on to all consumers.</summary>
internal sealed partial class FeedIntake(
    NodeCache cache, FeedProgress progress, WatchPump watches, GatewayMetrics metrics, ILogger<FeedIntake> logger)
{
    private readonly FeedRule _rule = new();

    /// <inheritdoc cref="FeedRule.Position"/>
    public Revision? Position => _rule.Position;

    /// <summary>A frame of a node's feed.</summary>
    /// <exception cref="WireFormatException">Something is missing before it.</exception>
    /// <exception cref="IOException">It is of another cluster, or earlier changes are not of this one.</exception>
    public ValueTask AcceptAsync(FeedFrame frame, CancellationToken cancellationToken)
    {
        RequireSound();
        progress.Touch();
        return PassOnAsync(frame, _rule.Take(frame), cancellationToken);
    }

    /// <summary>A frame out of Redis.</summary>
    /// <exception cref="WireFormatException">A change is missing before it, or it is implausible.</exception>
    /// <exception cref="IOException">Earlier changes are not of this cluster.</exception>
    public ValueTask HearAsync(FeedFrame frame, CancellationToken cancellationToken)
    {
        RequireSound();
        progress.Touch();
        return PassOnAsync(frame, _rule.Hear(frame), cancellationToken);
    }

    private ValueTask PassOnAsync(FeedFrame frame, FeedVerdict verdict, CancellationToken cancellationToken)
    {
        switch (verdict)
        {
            case FeedVerdict.Restart:
                return RestartAsync((StartFrame)frame, cancellationToken);
            case FeedVerdict.Apply:
                return ApplyAsync((ChangeSetFrame)frame, cancellationToken);
            case FeedVerdict.Missing:
                throw new WireFormatException($"{frame} behind {_rule.Revision}: changes are missing.");
            case FeedVerdict.Implausible:
                metrics.RedisRejected("jump");
                throw new WireFormatException($"{frame} behind {_rule.Revision}: out of Redis that is not believed.");
            case FeedVerdict.OtherCluster:
                throw new IOException($"The nodes are no longer of cluster {_rule.Cluster:N}.");
            case FeedVerdict.Compacted:
                LogCompacted(logger, _rule.Revision, ((CompactedFrame)frame).OldestRevision);
                return ValueTask.CompletedTask;
            default:
                return ValueTask.CompletedTask;
        }
    }

    /// <summary>Changes that no leader knows are forgotten at once, and a node sends everything anew.</summary>
    private void RequireSound()
    {
        if (!progress.IsPoisoned)
        {
            return;
        }

        var (cluster, revision) = (_rule.Cluster, _rule.Revision);
        _rule.Distrust();
        cache.Restart(cluster, Revision.Zero);
        progress.Restart(cluster, Revision.Zero);
        metrics.FeedPoisoned();
        throw new IOException($"No leader of cluster {cluster:N} knows of revision {revision}: all of it is read anew.");
    }

    private ValueTask RestartAsync(StartFrame start, CancellationToken cancellationToken)
    {
        cache.Restart(start.Cluster, start.From);
        progress.Restart(start.Cluster, start.From);
        return watches.PassOnAsync(start, cancellationToken);
    }

    /// <summary>
    /// Reads may rely on a change before watchers get it: a change that a watch has sent can be read here.
    /// </summary>
    private ValueTask ApplyAsync(ChangeSetFrame changes, CancellationToken cancellationToken)
    {
        cache.Apply(changes.ChangeSet);
        progress.Reach(changes.ChangeSet.Revision);
        return watches.PassOnAsync(changes, cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "Changes behind revision {Revision} are gone, history begins at {Oldest}")]
    private static partial void LogCompacted(ILogger logger, Revision revision, Revision oldest);
}
