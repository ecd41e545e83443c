using Cloudkeeper.Gateway.Cache;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Gateway.Feed;

/// <summary>Keeps the one change feed of this gateway open, from whichever node, and passes it on without gaps.</summary>
internal sealed partial class FeedFollower(
    INodes nodes, NodeCache cache, FeedProgress progress, WatchPump watches, TimeProvider time, ILogger<FeedFollower> logger)
    : BackgroundService
{
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan PauseMax = TimeSpan.FromMilliseconds(500);

    // What follows our revision is gone from the history: it begins anew.
    private bool _isLost;

    // Since the last frame.
    private int _failures;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NodeUnreachableException or IOException or WireFormatException)
            {
                // Once for each time that it breaks, not for each attempt to mend it.
                if (_failures == 0)
                {
                    LogBroken(logger, progress.Revision, e.Message);
                }
            }

            progress.Close();
            var pause = PauseMin * Math.Pow(2, Math.Min(_failures++, 10));
            await Task.Delay(pause < PauseMax ? pause : PauseMax, time, stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FollowAsync(CancellationToken stoppingToken)
    {
        Revision? from = progress.IsStarted && !_isLost ? progress.Revision : null;
        await foreach (var frame in nodes.FollowAsync(from, stoppingToken))
        {
            _failures = 0;
            progress.Touch();
            await HandleAsync(frame, stoppingToken);
        }
    }

    private ValueTask HandleAsync(FeedFrame frame, CancellationToken stoppingToken)
    {
        switch (frame)
        {
            case StartFrame start:
                return BeginAsync(start, stoppingToken);
            case ChangeSetFrame changes:
                return GoOnAsync(changes, stoppingToken);
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

    private ValueTask BeginAsync(StartFrame start, CancellationToken stoppingToken)
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
        return watches.PassOnAsync(start, stoppingToken);
    }

    /// <summary>Reads may rely on a change before watchers hear of it: what a watch has told can be read here.</summary>
    private ValueTask GoOnAsync(ChangeSetFrame changes, CancellationToken stoppingToken)
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
        return watches.PassOnAsync(changes, stoppingToken);
    }

    [LoggerMessage(LogLevel.Warning, "The change feed broke at revision {Revision}: {Reason}")]
    private static partial void LogBroken(ILogger logger, Revision revision, string reason);

    [LoggerMessage(LogLevel.Warning, "Changes behind revision {Revision} are gone, history begins at {Oldest}")]
    private static partial void LogCompacted(ILogger logger, Revision revision, Revision oldest);
}
