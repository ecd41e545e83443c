using System.Threading.Channels;
using Cloudkeeper.Coherence.Sharing;
using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Protocol.Feed;
using StackExchange.Redis;

namespace Cloudkeeper.Gateway.Redis;

/// <summary>Hears what another gateway publishes of the feed. Messages get lost; who reads them sees it by their revisions.</summary>
internal sealed class FeedListener(
    RedisConnection redis, FeedSpeaker speaker, FeedProgress progress, GatewayMetrics metrics, TimeProvider time)
    : BackgroundService
{
    /// <summary>What is not read in time is lost, the oldest first: who begins to listen needs the newest.</summary>
    private const int WaitingMax = 1_024;

    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(500);

    private readonly Channel<FeedFrame> _heard = Channel.CreateBounded<FeedFrame>(
        new BoundedChannelOptions(WaitingMax) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest });

    private long _lastHeard = long.MinValue;

    /// <summary>A speaker says something twice a second: one that is silent this long is gone. Default 1.5 s.</summary>
    public TimeSpan SilenceMax { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>Somebody else is speaking.</summary>
    public bool IsHeard => Volatile.Read(ref _lastHeard) is > long.MinValue and var last
        && time.GetElapsedTime(last) < SilenceMax;

    /// <summary>The next frame; null after a silence.</summary>
    public async ValueTask<FeedFrame?> NextAsync(CancellationToken cancellationToken)
    {
        if (_heard.Reader.TryRead(out var ready))
        {
            return ready;
        }

        using var silence = new CancellationTokenSource(SilenceMax, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        try
        {
            return await _heard.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            metrics.RedisFeed("silence");
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
                queue.OnMessage(message => Hear(cluster, message.Message));
                subscribed = cluster;
            }
            catch (Exception e) when (RedisConnection.IsHarmless(e))
            {
                // Tried again; until then the feed comes from a node.
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private void Hear(Guid cluster, RedisValue bytes)
    {
        var message = FeedMessage.Read(((ReadOnlyMemory<byte>)bytes).Span, cluster);
        if (message is null)
        {
            metrics.RedisFeed("rejected");
        }
        else if (message.Speaker != speaker.Id)
        {
            Volatile.Write(ref _lastHeard, time.GetTimestamp());
            metrics.RedisFeed("heard");
            _heard.Writer.TryWrite(message.Frame);
        }
    }
}
