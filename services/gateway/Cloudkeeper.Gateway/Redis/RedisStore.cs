using Cloudkeeper.Coherence.Sharing;
using Cloudkeeper.Gateway.Metrics;
using StackExchange.Redis;

namespace Cloudkeeper.Gateway.Redis;

/// <summary>
/// Entries that all gateways share, sealed. A failure of Redis costs a lookup's limit at most: it never fails a
/// request.
/// </summary>
internal sealed class RedisStore(RedisConnection redis, RedisSeal seal, GatewayMetrics metrics, TimeProvider time)
{
    /// <summary>Each keeps a key until Redis answers or the client library gives up, which can be long after the limit.</summary>
    private const int LookupsMax = 256;

    /// <summary>Each keeps up to two values of 1 MiB.</summary>
    private const int StoresMax = 16;

    private static readonly TimeSpan EntryTtl = TimeSpan.FromMinutes(10);

    private int _lookups;
    private int _stores;
    private long _restsUntil = long.MinValue;

    /// <summary>How long a request waits for Redis before it asks a node. Default 50 ms.</summary>
    public TimeSpan LookupLimit { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>For how long no lookup is made after one has timed out. Default 1 s.</summary>
    public TimeSpan RestAfterTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether there is a server to ask.</summary>
    public bool IsConfigured => redis.IsConfigured;

    /// <param name="read">Decodes the content of an entry; null: it is implausible.</param>
    /// <returns>Null: not there, implausible, or not known in time.</returns>
    public async ValueTask<T?> FindAsync<T>(Guid cluster, string key, int bytesMax, Func<ReadOnlyMemory<byte>, T?> read)
        where T : class
    {
        if (await LookUpAsync(key, bytesMax + Seal.OverheadBytes) is not { } entry)
        {
            metrics.RedisLookup("error");
            return null;
        }

        // GETRANGE gives the same for a missing entry and an empty one.
        if (entry.IsNullOrEmpty)
        {
            metrics.RedisLookup("miss");
            return null;
        }

        var found = seal.Open(cluster, key, ((ReadOnlyMemory<byte>)entry).Span, bytesMax) is { } content
            ? Read(content, read)
            : null;
        metrics.RedisLookup(found is null ? "rejected" : "hit");
        return found;
    }

    /// <summary>Begins to store an entry, unless much is being stored already.</summary>
    public void Store(Guid cluster, string key, Func<byte[]> write)
    {
        if (redis.Database is not { } database)
        {
            return;
        }

        if (Interlocked.Increment(ref _stores) > StoresMax)
        {
            Interlocked.Decrement(ref _stores);
            return;
        }

        _ = StoreAsync(database, key, seal.Close(cluster, key, write()));
    }

    private T? Read<T>(byte[] content, Func<ReadOnlyMemory<byte>, T?> read)
        where T : class
    {
        var found = read(content);
        if (found is null)
        {
            metrics.RedisRejected("content");
        }

        return found;
    }

    /// <returns>Null: no answer.</returns>
    private async ValueTask<RedisValue?> LookUpAsync(string key, int bytesMax)
    {
        if (redis.Database is not { } database || time.GetTimestamp() < Volatile.Read(ref _restsUntil))
        {
            return null;
        }

        if (Interlocked.Increment(ref _lookups) > LookupsMax)
        {
            Interlocked.Decrement(ref _lookups);
            return null;
        }

        try
        {
            return await GetAsync(database, key, bytesMax).WaitAsync(LookupLimit, time);
        }
        catch (TimeoutException)
        {
            var rest = (long)(RestAfterTimeout.TotalSeconds * time.TimestampFrequency);
            Volatile.Write(ref _restsUntil, time.GetTimestamp() + rest);
            return null;
        }
    }

    /// <remarks>Throws nothing: when it is too late, no caller waits for it any more.</remarks>
    private async Task<RedisValue?> GetAsync(IDatabase database, string key, int bytesMax)
    {
        try
        {
            // One byte more than it may have: then it is known to be too long, and the rest never comes.
            return await database.StringGetRangeAsync(key, 0, bytesMax);
        }
        catch (Exception e) when (RedisConnection.IsHarmless(e))
        {
            return null;
        }
        finally
        {
            Interlocked.Decrement(ref _lookups);
        }
    }

    private async Task StoreAsync(IDatabase database, string key, byte[] entry)
    {
        try
        {
            await database.StringSetAsync(key, entry, EntryTtl);
        }
        catch (Exception e) when (RedisConnection.IsHarmless(e))
        {
            // Another request will ask a node again; the loss of Redis is logged where it is noticed.
        }
        finally
        {
            Interlocked.Decrement(ref _stores);
        }
    }
}
