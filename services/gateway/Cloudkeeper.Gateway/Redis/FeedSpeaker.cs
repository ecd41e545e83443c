using Cloudkeeper.Coherence.Sharing;
using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Protocol.Feed;
using StackExchange.Redis;

namespace Cloudkeeper.Gateway.Redis;

/// <summary>
/// Publishes the feed of this gateway for the others, while it holds the lease to do so: then the nodes send each
/// change once, with any number of gateways.
/// </summary>
/// <remarks>
/// The lease is no lock that anything depends on. With two publishers every frame is sent twice, with none the others
/// receive nothing and follow a node.
/// </remarks>
internal sealed class FeedSpeaker(
    RedisConnection redis, RedisSeal seal, FeedProgress progress, GatewayMetrics metrics, TimeProvider time)
    : BackgroundService
{
    /// <summary>A transaction that is larger is read from a node by all.</summary>
    public const int MessageBytesMax = 256 << 10;

    private const long UnderWayBytesMax = 8 << 20;

    private long _leaseEnds = long.MinValue;
    private long _underWayBytes;

    /// <summary>How long a lease lasts that is not renewed. Default 3 s.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>In the lease, and in every message, so that a publisher does not receive itself.</summary>
    public Guid Id { get; } = Guid.NewGuid();

    /// <summary>This gateway is the publisher.</summary>
    public bool IsSpeaking => time.GetTimestamp() < Volatile.Read(ref _leaseEnds);

    public static RedisChannel ChannelOf(Guid cluster) => RedisChannel.Literal(SharedKeys.Feed(cluster));

    /// <summary>Begins to publish a frame. Subscribers notice a frame that is not published, and ask a node.</summary>
    public void Say(FeedFrame frame)
    {
        if (!IsSpeaking || frame is not (ChangeSetFrame or ProgressFrame) || redis.Database is not { } database)
        {
            return;
        }

        if (frame is ChangeSetFrame { ChangeSet: var set } && ChangeSetSize.OfFrame(set) > MessageBytesMax)
        {
            metrics.RedisFeed("dropped");
            return;
        }

        var cluster = progress.Cluster;
        var bytes = new FeedMessage(cluster, Id, frame).Write();
        if (Interlocked.Add(ref _underWayBytes, bytes.Length) > UnderWayBytesMax || bytes.Length > MessageBytesMax)
        {
            Interlocked.Add(ref _underWayBytes, -bytes.Length);
            metrics.RedisFeed("dropped");
            return;
        }

        _ = SayAsync(database, cluster, bytes.Length, seal.Close(cluster, SharedKeys.Feed(cluster), bytes));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!redis.IsConfigured)
        {
            return;
        }

        using var timer = new PeriodicTimer(Lease / 3, time);
        do
        {
            if (progress.IsStarted && redis.Database is { } database)
            {
                await RenewAsync(database, SharedKeys.Speaker(progress.Cluster));
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task RenewAsync(IDatabase database, RedisKey key)
    {
        try
        {
            // Counted from before Redis does: this gateway stops publishing before another begins.
            var ends = time.GetTimestamp() + (long)(Lease.TotalSeconds * time.TimestampFrequency);
            RedisValue name = Id.ToString("N");
            var isOurs = await database.LockExtendAsync(key, name, Lease)
                || await database.LockTakeAsync(key, name, Lease);
            Volatile.Write(ref _leaseEnds, isOurs ? ends : long.MinValue);
        }
        catch (Exception e) when (RedisConnection.IsHarmless(e))
        {
            // The lease runs out by itself; the loss of Redis is logged where it is noticed.
        }
    }

    private async Task SayAsync(IDatabase database, Guid cluster, int counted, byte[] message)
    {
        try
        {
            await database.PublishAsync(ChannelOf(cluster), message);
            metrics.RedisFeed("published");
        }
        catch (Exception e) when (RedisConnection.IsHarmless(e))
        {
            metrics.RedisFeed("dropped");
        }
        finally
        {
            Interlocked.Add(ref _underWayBytes, -counted);
        }
    }
}
