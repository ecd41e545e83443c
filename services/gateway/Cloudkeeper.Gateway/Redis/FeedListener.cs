using Cloudkeeper.Coherence.Sharing;
using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Protocol.Feed;
using StackExchange.Redis;

namespace Cloudkeeper.Gateway.Redis;

/// <summary>
/// Receives the feed that another gateway publishes. Lost messages show by the revisions of the next ones.
/// </summary>
/// <remarks>A message without a seal is no sign of life either: a stranger's messages are ignored.</remarks>
internal sealed class FeedListener(
    RedisConnection redis, RedisSeal seal, FeedSpeaker speaker, FeedProgress progress, GatewayMetrics metrics,
    TimeProvider time)
    : BackgroundService
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(500);

    private readonly HeardFrames _heard = new();
    private long _lastHeard = long.MinValue;

    /// <summary>
    /// A publisher sends a frame twice a second: one that is silent this long is gone. Default 1.5 s.
    /// </summary>
    public TimeSpan SilenceMax { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>Another gateway publishes.</summary>
    public bool IsHeard => Volatile.Read(ref _lastHeard) is > long.MinValue and var last
        && time.GetElapsedTime(last) < SilenceMax;

    /// <summary>The next frame; null: none in time.</summary>
    public async ValueTask<FeedFrame?> NextAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (_heard.TryTake() is { } ready)
        {
            return ready;
        }

        using var silence = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        try
        {
            return await _heard.TakeAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!redis.IsConfigured)
        {
            return;
        }

        ChannelMessageQueue? queue = null;
        Guid? subscribed = null;
        using var timer = new PeriodicTimer(CheckInterval, time);
        do
        {
            if (!progress.IsStarted || subscribed == progress.Cluster || redis.Subscriber is not { } subscriber)
            {
                continue;
            }

            try
            {
                await (queue?.UnsubscribeAsync() ?? Task.CompletedTask);
                var cluster = progress.Cluster;

                // A queue keeps the order of the messages; handlers of StackExchange.Redis do not (bug B-73).
                queue = await subscriber.SubscribeAsync(FeedSpeaker.ChannelOf(cluster));
                queue.OnMessage(message => Hear(cluster, ((ReadOnlyMemory<byte>)message.Message).Span));
                subscribed = cluster;
            }
            catch (Exception e) when (RedisConnection.IsHarmless(e))
            {
                // Tried again; until then the feed comes from a node.
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private void Hear(Guid cluster, ReadOnlySpan<byte> bytes)
    {
        if (Read(cluster, bytes) is not { } message)
        {
            metrics.RedisFeed("rejected");
        }
        else if (message.Speaker != speaker.Id)
        {
            Volatile.Write(ref _lastHeard, time.GetTimestamp());
            metrics.RedisFeed("heard");
            _heard.Add(message.Frame, bytes.Length);
        }
    }

    private FeedMessage? Read(Guid cluster, ReadOnlySpan<byte> bytes)
    {
        if (seal.Open(cluster, SharedKeys.Feed(cluster), bytes, FeedSpeaker.MessageBytesMax) is not { } content)
        {
            return null;
        }

        var message = FeedMessage.Read(content, cluster);
        if (message is null)
        {
            metrics.RedisRejected("content");
        }

        return message;
    }
}
