using System.Diagnostics;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Protocol;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Cloudkeeper.Gateway.Tests.Redis;

/// <summary>Every test has a Redis of its own, so that none disturbs another.</summary>
[Collection(RedisTests.Name)]
public sealed class ChangeReaderTests : IAsyncLifetime
{
    private const string Key = "cloudkeeper:00112233445566778899aabbccddeeff:change:7:/a";

    private static readonly Revision Seven = new(7);

    private readonly RedisServer _redis = new();

    public ValueTask InitializeAsync() => _redis.InitializeAsync();

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public async Task A_change_that_one_gateway_has_read_is_not_read_by_another()
    {
        await using var first = await CachingGateway.ConnectAsync(_redis, new PastChanges());
        await using var second = await CachingGateway.ConnectAsync(_redis, new PastChanges());
        var known = first.Nodes.Add(Seven, "/a");
        var whole = first.Nodes.WholeOf(Seven, "/a");
        Assert.Same(whole, await first.Reader.ReadAsync(Seven, known));
        await StoredAsync(first);

        var cached = (await second.Reader.ReadAsync(Seven, known))!;
        Assert.True(whole.Value!.Value.Span.SequenceEqual(cached.Value!.Value.Span));
        Assert.True(whole.Previous!.Value.Span.SequenceEqual(cached.Previous!.Value.Span));
        Assert.Equal((1, 0), (first.Nodes.Asked, second.Nodes.Asked));
        Assert.Equal(["miss", "hit"], first.Lookups);
        Assert.InRange((await first.Database.KeyTimeToLiveAsync(Key))!.Value, TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(10));
    }

    [Fact]
    public async Task Garbage_is_not_believed_and_a_node_puts_it_right()
    {
        await using var gateway = await CachingGateway.ConnectAsync(_redis, new PastChanges());
        var known = gateway.Nodes.Add(Seven, "/a");
        await gateway.Database.StringSetAsync(Key, "no change at all");
        Assert.Same(gateway.Nodes.WholeOf(Seven, "/a"), await gateway.Reader.ReadAsync(Seven, known));
        await Until.TrueAsync(() => gateway.Database.StringLength(Key) > Limits.FeedValueBytesMax);
        await gateway.Reader.ReadAsync(Seven, known);
        Assert.Equal(["rejected", "hit"], gateway.Lookups);
        Assert.Equal(1, gateway.Nodes.Asked);
    }

    [Fact]
    public async Task A_key_of_another_type_is_an_error_that_no_request_sees()
    {
        await using var gateway = await CachingGateway.ConnectAsync(_redis, new PastChanges());
        var known = gateway.Nodes.Add(Seven, "/a");
        await gateway.Database.ListLeftPushAsync(Key, "x");
        Assert.NotNull(await gateway.Reader.ReadAsync(Seven, known));
        Assert.Equal(["error"], gateway.Lookups);
    }

    [Fact]
    public async Task Another_founding_of_the_same_cluster_is_not_believed()
    {
        await using var before = await CachingGateway.ConnectAsync(_redis, new PastChanges());
        await using var after = await CachingGateway.ConnectAsync(_redis, new PastChanges());
        await before.Reader.ReadAsync(Seven, before.Nodes.Add(Seven, "/a"));
        await StoredAsync(before);
        var known = after.Nodes.Add(Seven, "/a", time: 1_700_000_000_124);
        Assert.Same(after.Nodes.WholeOf(Seven, "/a"), await after.Reader.ReadAsync(Seven, known));
        Assert.Equal(["rejected"], after.Lookups.TakeLast(1));
    }

    [Fact]
    public async Task A_change_that_is_gone_or_of_another_founding_is_not_stored()
    {
        await using var gateway = await CachingGateway.ConnectAsync(_redis, new PastChanges());
        var old = gateway.Nodes.Add(Seven, "/a");
        Assert.Null(await gateway.Reader.ReadAsync(Seven.Next(), old));
        gateway.Nodes.Add(Seven, "/a", time: 1_800_000_000_000);
        Assert.NotNull(await gateway.Reader.ReadAsync(Seven, old));

        // What is stored later is there: nothing else is on the way.
        await gateway.Reader.ReadAsync(Seven, gateway.Nodes.Add(Seven, "/b"));
        await Until.TrueAsync(() => gateway.Database.KeyExists(Key.Replace("/a", "/b", StringComparison.Ordinal)));
        Assert.False(await gateway.Database.KeyExistsAsync(Key));
        Assert.False(await gateway.Database.KeyExistsAsync(Key.Replace(":7:", ":8:", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_lost_Redis_costs_nothing_but_speed_and_is_used_again_when_it_is_back()
    {
        await using var gateway = await CachingGateway.ConnectAsync(_redis, new PastChanges());
        var known = gateway.Nodes.Add(Seven, "/a");
        await gateway.Reader.ReadAsync(Seven, known);
        await StoredAsync(gateway);
        Assert.Equal(HealthStatus.Healthy, await gateway.HealthAsync());

        await _redis.KillAsync();
        Assert.NotNull(await gateway.Reader.ReadAsync(Seven, known));
        await Until.TrueAsync(() => gateway.Said.Any(IsLoss));
        Assert.NotNull(await gateway.Reader.ReadAsync(Seven, known));
        Assert.Equal(3, gateway.Nodes.Asked);
        Assert.Equal(["miss", "error", "error"], gateway.Lookups);
        Assert.Equal(HealthStatus.Degraded, await gateway.HealthAsync());

        await _redis.StartAsync();
        await Until.TrueAsync(() => gateway.Said.Count(IsRecovery) == 2);
        await gateway.Reader.ReadAsync(Seven, known);
        await StoredAsync(gateway);
        await gateway.Reader.ReadAsync(Seven, known);
        Assert.Equal(4, gateway.Nodes.Asked);
        Assert.Equal("hit", gateway.Lookups.Last());
        Assert.Equal(HealthStatus.Healthy, await gateway.HealthAsync());
        Assert.Equal(1, gateway.Said.Count(IsLoss));
    }

    [Fact]
    public async Task A_frozen_Redis_costs_the_limit_of_a_lookup()
    {
        var limit = TimeSpan.FromMilliseconds(100);
        await using var gateway = await CachingGateway.ConnectAsync(_redis, new PastChanges(), limit);
        var known = gateway.Nodes.Add(Seven, "/a");
        await _redis.PauseAsync();
        var start = Stopwatch.GetTimestamp();
        Assert.NotNull(await gateway.Reader.ReadAsync(Seven, known));

        // Far below what the client library would wait, with room for a busy machine.
        Assert.InRange(Stopwatch.GetElapsedTime(start), limit * 0.9, TimeSpan.FromSeconds(3));
        Assert.Equal(["error"], gateway.Lookups);
        await _redis.ContinueAsync();
        await StoredAsync(gateway);
    }

    [Fact]
    public async Task A_gateway_starts_without_Redis_and_connects_when_it_is_there()
    {
        await _redis.KillAsync();
        await using var gateway = new CachingGateway(_redis.Address, new PastChanges());
        await gateway.StartAsync();
        await Until.TrueAsync(() => gateway.Said.Any(IsLoss));
        Assert.NotNull(await gateway.Reader.ReadAsync(Seven, gateway.Nodes.Add(Seven, "/a")));
        await _redis.StartAsync();
        await Until.TrueAsync(() => gateway.Said.Any(IsRecovery));
        Assert.True(gateway.Connection.IsConnected);
    }

    [Fact]
    public async Task The_password_is_not_logged()
    {
        await using var gateway = new CachingGateway(_redis.Address + ",password=secret", new PastChanges());
        await gateway.StartAsync();
        await Until.TrueAsync(() => gateway.Said.Count > 1);
        Assert.DoesNotContain(gateway.Said, line => line.Contains("secret", StringComparison.Ordinal));
        Assert.Contains(gateway.Said, line => line.Contains(_redis.Address, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_an_address_nothing_is_done()
    {
        await using var gateway = new CachingGateway("", new PastChanges());
        await gateway.StartAsync();
        await gateway.Connection.ExecuteTask!;
        Assert.NotNull(await gateway.Reader.ReadAsync(Seven, gateway.Nodes.Add(Seven, "/a")));
        Assert.Equal(1, gateway.Nodes.Asked);
        Assert.Empty(gateway.Lookups);
        Assert.Empty(gateway.Said);
        Assert.Equal(HealthStatus.Healthy, await gateway.HealthAsync());
    }

    private static Task StoredAsync(CachingGateway gateway) =>
        Until.TrueAsync(() => gateway.Database.KeyExists(Key));

    private static bool IsLoss(string line) => line.StartsWith("No connection", StringComparison.Ordinal);

    private static bool IsRecovery(string line) => line.StartsWith("Connected", StringComparison.Ordinal);
}

/// <summary>One after the other: their metrics have the same names.</summary>
[CollectionDefinition(Name)]
public sealed class RedisTests
{
    public const string Name = "redis";
}
