using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Gateway.Redis;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Hosting.Security;
using Cloudkeeper.Protocol;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace Cloudkeeper.Gateway.Tests.Redis;

/// <summary>What of a gateway has to do with Redis.</summary>
internal sealed class CachingGateway : ILogger<RedisConnection>, IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly GatewayMetrics _metrics = new();
    private readonly RedisConnection _connection;
    private readonly FeedSpeaker _speaker;
    private readonly FeedListener _feedListener;
    private readonly MeterListener _listener = new();

    /// <param name="redis">Connection string.</param>
    public CachingGateway(string redis, PastChanges nodes, TimeSpan? lookupLimit = null)
    {
        Nodes = nodes;
        _connection = new RedisConnection(new GatewayOptions { Redis = new Secret(redis) }, _metrics, TimeProvider.System, this);
        var seal = new RedisSeal(
            new ClusterAccess(ClusterKey.TryParse(TestClusterKey.Base64)!), _metrics, TimeProvider.System);
        var store = new RedisStore(_connection, seal, _metrics, TimeProvider.System)
        {
            LookupLimit = lookupLimit ?? Patience,
            RestAfterTimeout = TimeSpan.Zero,
        };
        var progress = new FeedProgress(TimeProvider.System);
        progress.Restart(PastChanges.Cluster, Revision.Zero);
        _speaker = new FeedSpeaker(_connection, seal, progress, _metrics, TimeProvider.System);
        _feedListener = new FeedListener(_connection, seal, _speaker, progress, _metrics, TimeProvider.System);
        Shared = new SharedNodes(store);
        Reader = new ChangeReader(nodes, new ChangeCache(store, progress));
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "redis_lookups_total")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, _, tags, _) => Lookups.Enqueue((string)tags[0].Value!));
        _listener.Start();
    }

    public PastChanges Nodes { get; }

    public ChangeReader Reader { get; }

    public SharedNodes Shared { get; }

    public RedisConnection Connection => _connection;

    /// <summary>Outcomes, in order, of all gateways of a test since this one began.</summary>
    public ConcurrentQueue<string> Lookups { get; } = [];

    public ConcurrentQueue<string> Said { get; } = [];

    public static async Task<CachingGateway> ConnectAsync(
        RedisServer redis, PastChanges nodes, TimeSpan? lookupLimit = null)
    {
        var gateway = new CachingGateway(redis.Address, nodes, lookupLimit);
        await gateway.StartAsync();
        await Until.TrueAsync(() => gateway.Connection.IsConnected);
        return gateway;
    }

    public Task StartAsync() => _connection.StartAsync(TestContext.Current.CancellationToken);

    public async Task<HealthStatus> HealthAsync() =>
        (await new RedisHealthCheck(_connection, _speaker, _feedListener).CheckHealthAsync(new HealthCheckContext())).Status;

    /// <summary>Straight to Redis, once it is connected.</summary>
    public IDatabase Database => _connection.Database!;

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _connection.StopAsync(CancellationToken.None);
        _feedListener.Dispose();
        _speaker.Dispose();
        _connection.Dispose();
        _metrics.Dispose();
    }

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter) => Said.Enqueue(formatter(state, exception));

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;
}
