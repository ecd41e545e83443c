using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Gateway.Metrics;
using StackExchange.Redis;

namespace Cloudkeeper.Gateway.Redis;

/// <summary>The connection to <see cref="GatewayOptions.Redis"/>, kept in the background. Nothing waits for it.</summary>
internal sealed partial class RedisConnection(
    GatewayOptions options, GatewayMetrics metrics, TimeProvider time, ILogger<RedisConnection> logger) : BackgroundService
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    /// <summary>The end of a gateway that still tries to connect takes as long.</summary>
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private volatile ConnectionMultiplexer? _multiplexer;
    private bool? _wasConnected;

    public bool IsConfigured => !options.Redis.IsEmpty;

    public bool IsConnected => _multiplexer is { IsConnected: true };

    /// <summary>Null while there is no connection.</summary>
    public IDatabase? Database => _multiplexer is { IsConnected: true } connected ? connected.GetDatabase() : null;

    /// <summary>Null while there is no connection.</summary>
    public ISubscriber? Subscriber => _multiplexer is { IsConnected: true } connected ? connected.GetSubscriber() : null;

    /// <exception cref="ArgumentException">Not a connection string.</exception>
    public static ConfigurationOptions Parse(string text)
    {
        var configuration = ConfigurationOptions.Parse(text);
        if (configuration.EndPoints.Count == 0)
        {
            throw new ArgumentException("No address.", nameof(text));
        }

        configuration.AbortOnConnectFail = false;
        configuration.ConnectTimeout = (int)ConnectLimit.TotalMilliseconds;
        configuration.BacklogPolicy = BacklogPolicy.FailFast;
        configuration.ReconnectRetryPolicy = new LinearRetry((int)RetryInterval.TotalMilliseconds);
        configuration.ClientName ??= "cloudkeeper-gateway";
        return configuration;
    }

    /// <summary>Redis is lost, slow or refuses (timeouts and closed connections included).</summary>
    public static bool IsHarmless(Exception e) => e is RedisException or TimeoutException or ObjectDisposedException;

    public override void Dispose()
    {
        // A cache has nothing to wait for.
        _multiplexer?.Close(allowCommandsToComplete: false);
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!IsConfigured)
        {
            return;
        }

        metrics.ObserveRedis(() => IsConnected ? 1 : 0);
        var configuration = Parse(options.Redis.Reveal());
        LogConfigured(logger, configuration.ToString(includePassword: false));
        while (!await TryConnectAsync(configuration))
        {
            await Task.Delay(RetryInterval, time, stoppingToken);
        }
    }

    /// <summary>From then on the multiplexer reconnects by itself, even if there is no server yet.</summary>
    private async Task<bool> TryConnectAsync(ConfigurationOptions configuration)
    {
        try
        {
            var multiplexer = await ConnectionMultiplexer.ConnectAsync(configuration);
            multiplexer.ConnectionFailed += (_, _) => Note(multiplexer.IsConnected);
            multiplexer.ConnectionRestored += (_, _) => Note(multiplexer.IsConnected);
            _multiplexer = multiplexer;
            Note(multiplexer.IsConnected);
            return true;
        }
        catch (RedisException)
        {
            Note(isConnected: false);
            return false;
        }
    }

    /// <summary>Each loss and each recovery is logged once, however often it is noticed.</summary>
    private void Note(bool isConnected)
    {
        lock (_gate)
        {
            if (_wasConnected == isConnected)
            {
                return;
            }

            _wasConnected = isConnected;
            if (isConnected)
            {
                LogConnected(logger);
            }
            else
            {
                LogLost(logger);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "Gateways share what they read, and the feed, through Redis: {Configuration}")]
    private static partial void LogConfigured(ILogger logger, string configuration);

    [LoggerMessage(LogLevel.Information, "Connected to Redis")]
    private static partial void LogConnected(ILogger logger);

    [LoggerMessage(LogLevel.Warning, "No connection to Redis: everything is read from the nodes")]
    private static partial void LogLost(ILogger logger);
}
