using Cloudkeeper.Coherence.Feed;
using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Gateway.Redis;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Hosting.Logging;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Gateway.Feed;

/// <summary>
/// Keeps the one change feed of this gateway open: from a node, or from another gateway's publications while they are
/// to be had. Changes that are missing there are in a node's history.
/// </summary>
internal sealed partial class FeedFollower(
    INodes nodes, FeedIntake intake, FeedProgress progress, FeedSpeaker speaker, FeedListener listener,
    GatewayMetrics metrics, TimeProvider time, Random random, ILogger<FeedFollower> logger) : BackgroundService
{
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan PauseMax = TimeSpan.FromMilliseconds(500);

    /// <summary>How often a subscriber checks whether the feed is worth its while.</summary>
    private static readonly TimeSpan ListeningInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>A revision that the leader knows has to arrive in this time: watchers wait as long for it.</summary>
    private static readonly TimeSpan ListeningLagMax = TimeSpan.FromSeconds(1.5);

    private static readonly TimeSpan ListeningPauseMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ListeningPauseMax = TimeSpan.FromMinutes(1);

    private readonly ListeningPauses _pauses = new(Stamps(time, ListeningPauseMin), Stamps(time, ListeningPauseMax));

    // Since the last frame.
    private int _failures;

    private bool MayListen => intake.Position is not null && !speaker.IsSpeaking && listener.IsHeard
        && _pauses.MayListen(time.GetTimestamp());

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await FollowAsync(stoppingToken) && await ListenAsync(stoppingToken))
                {
                    // From where the speaker fell silent, without a pause.
                    continue;
                }
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
                    LogBroken(logger, progress.Revision, PlainText.Cut(e.Message));
                }
            }

            progress.Close();
            // Never the same for all gateways: a node that has just lost some of them has others to serve.
            var pause = PauseMin * Math.Pow(2, Math.Min(_failures++, 10));
            pause = pause < PauseMax ? pause : PauseMax;
            await Task.Delay(pause * (0.5 + random.NextDouble()), time, stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Follows a node.</summary>
    /// <returns>True: another gateway publishes, to subscribe to instead. False: the node has ended its feed.</returns>
    private async Task<bool> FollowAsync(CancellationToken stoppingToken)
    {
        await foreach (var frame in nodes.FollowAsync(intake.Position, () => progress.Named, stoppingToken))
        {
            _failures = 0;
            await intake.AcceptAsync(frame, stoppingToken);
            speaker.Say(frame);

            // Only when all of the node's history has come: frames that are published meanwhile wait in the queue.
            if (frame is ProgressFrame && MayListen)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Subscribes to another gateway until it falls silent, a frame of it is missing, or nothing new comes while a
    /// leader knows more: old messages are as true as new ones, and an attacker may repeat them for ever.
    /// </summary>
    private async Task<bool> ListenAsync(CancellationToken stoppingToken)
    {
        LogListening(logger, progress.Revision);
        var began = time.GetTimestamp();
        var failure = await ListenUntilFailureAsync(stoppingToken);
        if (failure is not null)
        {
            metrics.RedisFeed(failure);
            _pauses.Failed(began, time.GetTimestamp());
        }

        return true;
    }

    /// <returns>Null: this gateway is to publish itself.</returns>
    private async Task<string?> ListenUntilFailureAsync(CancellationToken stoppingToken)
    {
        var lag = new FeedLag(Stamps(time, ListeningLagMax));
        while (!speaker.IsSpeaking)
        {
            if (await listener.NextAsync(ListeningInterval, stoppingToken) is { } frame)
            {
                if (!await TryHearAsync(frame, stoppingToken))
                {
                    return "missed";
                }
            }
            else if (!listener.IsHeard)
            {
                return "silence";
            }

            if (!lag.IsBearable(progress.Revision, progress.Named, time.GetTimestamp()))
            {
                return "lag";
            }
        }

        return null;
    }

    private async ValueTask<bool> TryHearAsync(FeedFrame frame, CancellationToken stoppingToken)
    {
        try
        {
            await intake.HearAsync(frame, stoppingToken);
            return true;
        }
        catch (WireFormatException)
        {
            return false;
        }
    }

    private static long Stamps(TimeProvider time, TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);

    [LoggerMessage(LogLevel.Information, "Receiving the feed of another gateway from revision {Revision} on")]
    private static partial void LogListening(ILogger logger, Revision revision);

    [LoggerMessage(LogLevel.Warning, "The change feed broke at revision {Revision}: {Reason}")]
    private static partial void LogBroken(ILogger logger, Revision revision, string reason);
}
