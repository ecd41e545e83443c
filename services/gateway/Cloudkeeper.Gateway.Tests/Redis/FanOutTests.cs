using System.Runtime.CompilerServices;
using Cloudkeeper.Coherence.Sharing;
using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Redis;
using Cloudkeeper.Gateway.Tests.Hosting;

namespace Cloudkeeper.Gateway.Tests.Redis;

/// <summary>Two gateways at the same nodes, one of which publishes to the other through Redis.</summary>
[Collection(RedisTests.Name)]
public sealed class FanOutTests : IAsyncLifetime
{
    private readonly RedisServer _redis = new() { Rights = RightsInCompose() };
    private readonly TreeNodes _nodes = new();
    private readonly GatewayFixture _first;
    private readonly GatewayFixture _second;

    public FanOutTests()
    {
        _first = NewGateway();
        _second = NewGateway();
    }

    public async ValueTask InitializeAsync()
    {
        await _redis.InitializeAsync();
        await _first.InitializeAsync();
        await _second.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _first.DisposeAsync();
        await _second.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task One_gateway_follows_the_nodes_and_the_other_one_subscribes_to_it()
    {
        await UntilOneSpeaksAsync();
        for (var i = 0; i < 50; i++)
        {
            await WriteAndReadAsync($"{i}");
        }

        Assert.Equal(1, _nodes.FollowerCount);
        var parts = await Task.WhenAll(PartAsync(_first), PartAsync(_second));
        Assert.Equal(["connected, listening", "connected, speaking"], parts.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_speaker_that_goes_is_followed_by_the_other_one_and_nothing_is_lost()
    {
        await UntilOneSpeaksAsync();
        var (speaker, listener) = IsSpeaking(_first) ? (_first, _second) : (_second, _first);
        await using var watch = await Watches.WatchClient.OpenAsync(listener, "path=/a&values=true");
        await listener.PutAsync("/v1/nodes/a", "before");
        await speaker.DisposeAsync();
        await listener.PutAsync("/v1/nodes/a", "after");
        Assert.Equal("before", (await watch.NextAsync())!.Data.GetProperty("value").GetString());
        Assert.Equal("after", (await watch.NextAsync())!.Data.GetProperty("value").GetString());
        await Until.TrueAsync(() => IsSpeaking(listener));
    }

    [Fact]
    public async Task Redis_may_be_emptied_frozen_or_lost_and_every_read_is_right()
    {
        await UntilOneSpeaksAsync();
        await WriteAndReadAsync("calm");
        await _redis.EmptyAsync();
        await WriteAndReadAsync("emptied");
        await _redis.PauseAsync();
        await WriteAndReadAsync("frozen");
        await Until.TrueAsync(() => _nodes.FollowerCount == 2);
        await WriteAndReadAsync("frozen for long");
        await _redis.ContinueAsync();
        await UntilOneSpeaksAsync();
        await WriteAndReadAsync("thawed");
        await _redis.KillAsync();
        await WriteAndReadAsync("lost");
        await Until.TrueAsync(() => _nodes.FollowerCount == 2);
        await WriteAndReadAsync("lost for long");
        await _redis.StartAsync();
        await UntilOneSpeaksAsync();
        await WriteAndReadAsync("back, and empty");
    }

    [Fact]
    public async Task Publications_of_strangers_are_not_believed()
    {
        await UntilOneSpeaksAsync();
        var listener = IsSpeaking(_first) ? _second : _first;
        var cluster = listener.Services.GetRequiredService<FeedProgress>().Cluster;
        var subscriber = listener.Services.GetRequiredService<RedisConnection>().Subscriber!;
        var channel = FeedSpeaker.ChannelOf(cluster);
        await subscriber.PublishAsync(channel, "nonsense");
        await subscriber.PublishAsync(
            channel, new FeedMessage(Guid.NewGuid(), Guid.NewGuid(), new Protocol.Feed.ProgressFrame(new(999))).Write());

        // A message about changes that do not exist: a node is asked, which knows of none.
        await subscriber.PublishAsync(
            channel, new FeedMessage(cluster, Guid.NewGuid(), new Protocol.Feed.ProgressFrame(new(999))).Write());
        await WriteAndReadAsync("still right");
        Assert.Equal(_nodes.Revision, listener.Services.GetRequiredService<FeedProgress>().Revision);
    }

    [Fact]
    public async Task A_gateway_that_starts_cold_finds_the_nodes_that_others_have_read()
    {
        await _first.PutAsync("/v1/nodes/cold", "value");
        await UntilReachedAsync(_first);
        await Until.TrueAsync(async () =>
        {
            // Stored in the background: asked for until it is there.
            await _first.GetAsync("/v1/nodes/cold");
            await _first.GetAsync("/v1/nodes/absent");
            await using var cold = NewGateway();
            await cold.InitializeAsync();
            await UntilConnectedAsync(cold);
            var value = (await cold.GetAsync("/v1/nodes/cold")).ShouldBe(200);
            var absent = (await cold.GetAsync("/v1/nodes/absent")).ShouldBe(404, "node-not-found");
            Assert.Equal("value", value.Text);
            return value.Headers["Cloudkeeper-Cache"] == "redis" && absent.Headers["Cloudkeeper-Cache"] == "redis";
        });
    }

    [Fact]
    public async Task An_old_copy_in_Redis_is_a_miss()
    {
        await _first.PutAsync("/v1/nodes/a", "old");
        await UntilReachedAsync(_first);
        await UntilConnectedAsync(_first);
        var key = $"cloudkeeper:{_first.Services.GetRequiredService<FeedProgress>().Cluster:N}:node:/a";
        var database = _first.Services.GetRequiredService<RedisConnection>().Database!;
        await _first.GetAsync("/v1/nodes/a");
        await Until.TrueAsync(async () => (await database.StringGetAsync(key)).HasValue);
        var old = await database.StringGetAsync(key);
        await _first.PutAsync("/v1/nodes/a", "new");
        await UntilReachedAsync(_second);
        await UntilConnectedAsync(_second);
        await database.StringSetAsync(key, old);
        var answer = await _second.GetAsync("/v1/nodes/a");
        Assert.Equal(("new", "miss"), (answer.Text, answer.Headers["Cloudkeeper-Cache"]));
    }

    private GatewayFixture NewGateway() => new()
    {
        Nodes = _nodes,
        Settings = new Dictionary<string, string?> { ["Gateway:Redis"] = $"{_redis.Address},user=cloudkeeper,password=test" },
    };

    /// <summary>What <c>compose.yaml</c> lets gateways do in Redis is enough.</summary>
    private static string RightsInCompose([CallerFilePath] string here = "")
    {
        const string User = "user cloudkeeper on #$$hash ";
        var folder = new FileInfo(here).Directory!;
        while (!File.Exists(Path.Combine(folder.FullName, "compose.yaml")))
        {
            folder = folder.Parent!;
        }

        var line = File.ReadLines(Path.Combine(folder.FullName, "compose.yaml")).Single(line => line.Contains(User, StringComparison.Ordinal));
        return line.Split(User)[1].Split('"')[0];
    }

    /// <summary>Through each gateway, and read through both.</summary>
    private async Task WriteAndReadAsync(string value)
    {
        foreach (var writer in (GatewayFixture[])[_first, _second])
        {
            var put = await writer.PutAsync("/v1/nodes/a", value);
            foreach (var reader in (GatewayFixture[])[_first, _second])
            {
                var answer = (await reader.GetAsync("/v1/nodes/a")).ShouldBe(200);
                Assert.Equal(value, answer.Text);
                Assert.True(answer.Revision >= put.Revision);
                var session = await reader.GetAsync(
                    "/v1/nodes/a?consistency=session", ("Cloudkeeper-Min-Revision", $"{put.Revision}"));
                Assert.Equal(value, session.Text);
            }
        }
    }

    private Task UntilOneSpeaksAsync() => Until.TrueAsync(() =>
        _nodes.FollowerCount == 1 && (IsSpeaking(_first) || IsSpeaking(_second)));

    private Task UntilReachedAsync(GatewayFixture gateway) => Until.TrueAsync(() =>
        gateway.Services.GetRequiredService<FeedProgress>().Revision == _nodes.Revision);

    private static Task UntilConnectedAsync(GatewayFixture gateway) => Until.TrueAsync(() =>
        gateway.Services.GetRequiredService<RedisConnection>().IsConnected);

    private static bool IsSpeaking(GatewayFixture gateway) =>
        gateway.Services.GetRequiredService<FeedSpeaker>().IsSpeaking;

    private static async Task<string> PartAsync(GatewayFixture gateway) =>
        (await gateway.GetAsync("/readyz")).Json.GetProperty("checks").GetProperty("redis").GetProperty("detail").GetString()!;
}
