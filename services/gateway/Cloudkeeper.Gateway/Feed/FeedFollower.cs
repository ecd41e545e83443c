using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Gateway.Feed;

/// <summary>Keeps the one change feed of this gateway open, from whichever node, and passes it on without gaps.</summary>
internal sealed partial class FeedFollower(
    INodes nodes, ChangeRelay relay, TimeProvider time, ILogger<FeedFollower> logger) : BackgroundService
{
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan PauseMax = TimeSpan.FromMilliseconds(500);

    // What follows the relay's revision is gone from the history: it begins anew.
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
                    LogBroken(logger, relay.Revision, e.Message);
                }
            }

            var pause = PauseMin * Math.Pow(2, Math.Min(_failures++, 10));
            await Task.Delay(pause < PauseMax ? pause : PauseMax, time, stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FollowAsync(CancellationToken stoppingToken)
    {
        Revision? from = relay.IsStarted && !_isLost ? relay.Revision : null;
        await foreach (var frame in nodes.FollowAsync(from, stoppingToken))
        {
            _failures = 0;
            relay.Touch();
            Handle(frame);
        }
    }

    private void Handle(FeedFrame frame)
    {
        switch (frame)
        {
            case ChangeSetFrame { ChangeSet: var set }:
                HandleChanges(set);
                break;
            case ProgressFrame { Revision: var revision } when NeedsStart:
                Start(revision);
                break;
            case ProgressFrame { Revision: var revision } when revision > relay.Revision:
                throw new WireFormatException($"Progress to {revision} behind {relay.Revision}: changes are missing.");
            case CompactedFrame { OldestRevision: var oldest }:
                LogCompacted(logger, relay.Revision, oldest);
                _isLost = true;
                break;
        }
    }

    private bool NeedsStart => _isLost || !relay.IsStarted;

    private void HandleChanges(ChangeSet set)
    {
        if (NeedsStart)
        {
            Start(set.Previous);
        }

        // A node that lags behind the one before repeats what we have.
        if (set.Revision <= relay.Revision)
        {
            return;
        }

        if (set.Previous != relay.Revision)
        {
            throw new WireFormatException($"Changes from {set.Previous} to {set.Revision} behind {relay.Revision}.");
        }

        relay.Publish(set);
    }

    private void Start(Revision revision)
    {
        relay.Restart(revision);
        _isLost = false;
    }

    [LoggerMessage(LogLevel.Warning, "The change feed broke at revision {Revision}: {Reason}")]
    private static partial void LogBroken(ILogger logger, Revision revision, string reason);

    [LoggerMessage(LogLevel.Warning, "Changes behind revision {Revision} are gone, history begins at {Oldest}")]
    private static partial void LogCompacted(ILogger logger, Revision revision, Revision oldest);
}
