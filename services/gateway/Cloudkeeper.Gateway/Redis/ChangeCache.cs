using System.Text.Json;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using StackExchange.Redis;

namespace Cloudkeeper.Gateway.Redis;

/// <summary>Past changes, shared by all gateways. What a committed transaction did never changes: nothing is invalidated.</summary>
/// <remarks>Whatever Redis does costs a lookup's limit at most: it never fails a request.</remarks>
internal sealed class ChangeCache(INodes nodes, RedisConnection redis, GatewayMetrics metrics, TimeProvider time)
{
    /// <summary>Each keeps a key until Redis answers or the client library gives up, which can be long after the limit.</summary>
    private const int LookupsMax = 256;

    /// <summary>Each keeps up to two values of 1 MiB.</summary>
    private const int StoresMax = 16;

    private static readonly TimeSpan EntryTtl = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private Task<string>? _clusterId;
    private int _lookups;
    private int _stores;

    /// <summary>How long a request waits for Redis before it asks a node. Default 50 ms.</summary>
    public TimeSpan LookupLimit { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <returns>Null: not there, not to be believed, or not known in time.</returns>
    public async ValueTask<Change?> FindAsync(Revision revision, Change known)
    {
        if (!redis.IsConfigured)
        {
            return null;
        }

        if (await LookUpAsync(revision, known.Path) is not { } entry)
        {
            metrics.RedisLookup("error");
            return null;
        }

        // GETRANGE does not tell a missing entry from an empty one.
        if (entry.IsNullOrEmpty)
        {
            metrics.RedisLookup("miss");
            return null;
        }

        var whole = CachedChange.Read(((ReadOnlyMemory<byte>)entry).Span, known);
        metrics.RedisLookup(whole is null ? "rejected" : "hit");
        return whole;
    }

    /// <summary>Begins to store a node's answer, unless much is being stored already.</summary>
    public void Store(Revision revision, Change known, Change whole)
    {
        if (redis.Database is not { } database || !CachedChange.IsWholeOf(known, whole))
        {
            return;
        }

        if (Interlocked.Increment(ref _stores) > StoresMax)
        {
            Interlocked.Decrement(ref _stores);
            return;
        }

        _ = StoreAsync(database, revision, whole);
    }

    /// <returns>Null: no answer.</returns>
    private async ValueTask<RedisValue?> LookUpAsync(Revision revision, string path)
    {
        if (redis.Database is not { } database)
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
            return await GetAsync(database, revision, path).WaitAsync(LookupLimit, time);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <remarks>Throws nothing: when it is too late, nobody waits for it any more.</remarks>
    private async Task<RedisValue?> GetAsync(IDatabase database, Revision revision, string path)
    {
        try
        {
            return await database.StringGetRangeAsync(
                await KeyAsync(revision, path), 0, CachedChange.BytesMax);
        }
        catch (Exception e) when (IsHarmless(e))
        {
            return null;
        }
        finally
        {
            Interlocked.Decrement(ref _lookups);
        }
    }

    private async Task StoreAsync(IDatabase database, Revision revision, Change whole)
    {
        try
        {
            await database.StringSetAsync(await KeyAsync(revision, whole.Path), CachedChange.Write(whole), EntryTtl);
        }
        catch (Exception e) when (IsHarmless(e))
        {
            // Another request will ask a node again; the loss of Redis is logged where it is noticed.
        }
        finally
        {
            Interlocked.Decrement(ref _stores);
        }
    }

    private async ValueTask<RedisKey> KeyAsync(Revision revision, string path) =>
        $"cloudkeeper:{await ClusterIdAsync()}:change:{revision}:{path}";

    /// <summary>Asked for once, and again only if nobody could say it.</summary>
    private Task<string> ClusterIdAsync()
    {
        lock (_gate)
        {
            return _clusterId = _clusterId is { IsFaulted: false } known ? known : ReadClusterIdAsync();
        }
    }

    private async Task<string> ReadClusterIdAsync()
    {
        using var cluster = JsonDocument.Parse(await nodes.ReadClusterAsync(CancellationToken.None));
        return cluster.RootElement.GetProperty("id").GetString()!;
    }

    /// <summary>Redis is lost, slow or refuses (timeouts and closed connections included), or no node names the cluster.</summary>
    private static bool IsHarmless(Exception e) =>
        e is RedisException or TimeoutException or ObjectDisposedException or ProblemException;
}
