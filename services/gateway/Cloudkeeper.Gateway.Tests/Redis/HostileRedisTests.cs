using System.Globalization;
using System.Text.RegularExpressions;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Coherence.Cache;
using Cloudkeeper.Coherence.Feed;
using Cloudkeeper.Coherence.Sharing;
using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Redis;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Gateway.Tests.Watches;
using Cloudkeeper.Hosting.Security;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;
using StackExchange.Redis;

namespace Cloudkeeper.Gateway.Tests.Redis;

/// <summary>A stranger has a connection to Redis as well: nothing that he does there changes an answer.</summary>
[Collection(RedisTests.Name)]
public sealed class HostileRedisTests : IAsyncLifetime
{
    private readonly RedisServer _redis = new();
    private readonly TreeNodes _nodes = new();
    private readonly GatewayFixture _first;
    private readonly GatewayFixture _second;
    private ConnectionMultiplexer? _stranger;

    public HostileRedisTests()
    {
        _first = NewGateway();
        _second = NewGateway();
    }

    /// <summary>Ways to make an entry, or a message, that must not be believed.</summary>
    public static TheoryData<string> Lies =>
        ["bare", "shape of a seal", "other key", "other cluster", "other name", "day before yesterday", "cut", "changed", "long"];

    private static int Today => Seal.DayOf(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());

    private Guid Cluster => _first.Services.GetRequiredService<FeedProgress>().Cluster;

    private IDatabase Database => _stranger!.GetDatabase();

    private RedisChannel Channel => FeedSpeaker.ChannelOf(Cluster);

    public async ValueTask InitializeAsync()
    {
        await _redis.InitializeAsync();
        await _first.InitializeAsync();
        await _second.InitializeAsync();
        _stranger = await ConnectionMultiplexer.ConnectAsync(_redis.Address + ",allowAdmin=true");
    }

    public async ValueTask DisposeAsync()
    {
        await _stranger!.DisposeAsync();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task An_entry_that_no_gateway_wrote_is_a_miss(string lie)
    {
        await _first.PutAsync("/v1/nodes/a", "true");
        await UntilConnectedAsync(_second);
        await Until.TrueAsync(() => RevisionOf(_second) == _nodes.Revision);
        var before = await RejectedAsync(_second);
        var key = SharedKeys.Node(Cluster, "/a");
        await Database.StringSetAsync(key, Spoil(lie, key, SharedNode.Write(Cluster, "/a", FalseEntry(_nodes.Revision))));
        var answer = (await _second.GetAsync("/v1/nodes/a")).ShouldBe(200);
        Assert.Equal(("true", "miss"), (answer.Text, answer.Headers["Cloudkeeper-Cache"]));
        Assert.Equal(before + 1, await RejectedAsync(_second));
    }

    [Fact]
    public async Task An_entry_that_a_gateway_wrote_is_taken()
    {
        await _first.PutAsync("/v1/nodes/a", "true");
        await UntilConnectedAsync(_second);
        await Until.TrueAsync(() => RevisionOf(_second) == _nodes.Revision);
        var key = SharedKeys.Node(Cluster, "/a");
        var entry = SharedNode.Write(Cluster, "/a", FalseEntry(_nodes.Revision));
        await Database.StringSetAsync(key, SealOf(_first).Close(Cluster, key, entry));
        Assert.Equal("redis", (await _second.GetAsync("/v1/nodes/a")).Headers["Cloudkeeper-Cache"]);
    }

    [Fact]
    public async Task An_absence_that_no_gateway_wrote_is_a_miss()
    {
        await _first.PutAsync("/v1/nodes/a", "true");
        await UntilConnectedAsync(_second);
        await Until.TrueAsync(() => RevisionOf(_second) == _nodes.Revision);
        var absence = new CacheEntry(
            new ReadNodeResult(ResultCode.NodeNotFound, null, "", default, Revision.Zero), HasValue: true, _nodes.Revision);
        await Database.StringSetAsync(
            SharedKeys.Node(Cluster, "/a"), SharedNode.Write(Cluster, "/a", absence));
        Assert.Equal("true", (await _second.GetAsync("/v1/nodes/a")).ShouldBe(200).Text);
    }

    [Fact]
    public async Task A_huge_entry_is_not_fetched()
    {
        await _first.PutAsync("/v1/nodes/a", "true");
        await UntilConnectedAsync(_second);
        await Database.StringSetRangeAsync(SharedKeys.Node(Cluster, "/a"), (64 << 20) - 1, "x");
        var before = await SentBytesAsync();
        Assert.Equal("true", (await _second.GetAsync("/v1/nodes/a")).ShouldBe(200).Text);
        Assert.True(await SentBytesAsync() - before < 2 * SharedNode.BytesMax);
    }

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task A_message_that_no_gateway_published_changes_nothing(string lie)
    {
        await UntilOneSpeaksAsync();
        var listener = IsSpeaking(_first) ? _second : _first;
        var before = await RejectedAsync(listener);
        await using var watch = await WatchClient.OpenAsync(listener, "path=/&scope=subtree&values=true");
        foreach (var jump in (long[])[1, 1_000, 1L << 50])
        {
            var content = new FeedMessage(Cluster, Guid.NewGuid(), new ChangeSetFrame(FalseSet(_nodes.Revision, jump))).Write();
            await Database.PublishAsync(Channel, Spoil(lie, SharedKeys.Feed(Cluster), content));
        }

        await Until.TrueAsync(async () => await RejectedAsync(listener) >= before + 3);
        var put = await listener.PutAsync("/v1/nodes/a", "true");
        var told = (await watch.NextAsync())!;
        Assert.Equal(("/a", "true"), (told.Path, told.Data.GetProperty("value").GetString()));
        Assert.Equal(put.Revision, told.Revision);
        Assert.Equal(put.Revision, (await listener.GetAsync("/v1/nodes/a")).Revision);
    }

    [Fact]
    public async Task A_stranger_that_publishes_is_ignored_and_holds_no_gateway_up()
    {
        // A stranger holds the publisher's lease for ever, and his messages do not count.
        await Database.StringSetAsync(SharedKeys.Speaker(Cluster), "a stranger");
        await Until.TrueAsync(() => !IsSpeaking(_first) && !IsSpeaking(_second) && _nodes.FollowerCount == 2);
        for (var i = 0; i < 20; i++)
        {
            var message = new FeedMessage(Cluster, Guid.NewGuid(), new ProgressFrame(_nodes.Revision)).Write();
            await Database.PublishAsync(Channel, Spoil("other key", SharedKeys.Feed(Cluster), message));
            await _first.PutAsync("/v1/nodes/a", $"{i}");
            Assert.Equal($"{i}", (await _second.GetAsync("/v1/nodes/a")).Text);
        }

        Assert.Equal(2, _nodes.FollowerCount);
        Assert.False(_second.Services.GetRequiredService<FeedListener>().IsHeard);
    }

    [Fact]
    public async Task True_words_of_a_gateway_repeated_for_ever_hold_no_watcher_up()
    {
        await UntilOneSpeaksAsync();
        var listener = IsSpeaking(_first) ? _second : _first;
        var signOfLife = new TaskCompletionSource<RedisValue>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _stranger!.GetSubscriber().SubscribeAsync(Channel, (_, message) => signOfLife.TrySetResult(message));
        var old = await signOfLife.Task;

        // The true publisher is gone, no other one can follow, and one of its last messages is repeated again and
        // again.
        await Database.StringSetAsync(SharedKeys.Speaker(Cluster), "a stranger");
        using var enough = new CancellationTokenSource();
        var repeating = RepeatAsync(old, enough.Token);
        await Until.TrueAsync(() => !IsSpeaking(_first) && !IsSpeaking(_second));
        await using var watch = await WatchClient.OpenAsync(listener, "path=/a&values=true");
        for (var i = 0; i < 3; i++)
        {
            var put = await listener.PutAsync("/v1/nodes/a", $"{i}");
            Assert.Equal($"{i}", (await watch.NextAsync())!.Data.GetProperty("value").GetString());
            var session = await listener.GetAsync(
                "/v1/nodes/a?consistency=session", ("Cloudkeeper-Min-Revision", $"{put.Revision}"));
            Assert.Equal($"{i}", session.ShouldBe(200).Text);
        }

        await enough.CancelAsync();
        await repeating;
    }

    [Fact]
    public async Task Changes_from_far_ahead_are_not_believed_even_of_a_gateway()
    {
        await UntilOneSpeaksAsync();
        var (speaker, listener) = IsSpeaking(_first) ? (_first, _second) : (_second, _first);
        var before = await RejectedAsync(listener);
        await PublishAsync(speaker, new ChangeSetFrame(FalseSet(_nodes.Revision, FeedRule.JumpMax + 1)));
        await PublishAsync(speaker, new ChangeSetFrame(FalseSet(_nodes.Revision, 1L << 50)));
        await PublishAsync(speaker, new ProgressFrame(new Revision(1L << 50)));
        await Until.TrueAsync(async () => await RejectedAsync(listener) > before);
        await listener.PutAsync("/v1/nodes/a", "true");
        Assert.Equal("true", (await listener.GetAsync("/v1/nodes/a")).Text);
        Assert.Equal(_nodes.Revision, RevisionOf(listener));
    }

    [Fact]
    public async Task A_gateway_that_took_changes_that_no_leader_knows_begins_anew()
    {
        await UntilOneSpeaksAsync();
        var (speaker, listener) = IsSpeaking(_first) ? (_first, _second) : (_second, _first);
        await using var watch = await WatchClient.OpenAsync(listener, "path=/a&values=true&onGap=snapshot");
        await _first.PutAsync("/v1/nodes/a", "true");
        Assert.Equal("created", (await watch.NextAsync())!.Name);
        await Until.TrueAsync(() => RevisionOf(listener) == _nodes.Revision);
        var before = await CountAsync(listener, "feed_poisoned_total");
        await PublishAsync(speaker, new ChangeSetFrame(FalseSet(_nodes.Revision, 1_000)));

        // Watchers may get it once more until it is noticed, but nothing may stay.
        await Until.TrueAsync(async () => await CountAsync(listener, "feed_poisoned_total") > before);
        await Until.TrueAsync(() => RevisionOf(listener) == _nodes.Revision);
        Assert.Equal("true", (await listener.GetAsync("/v1/nodes/a")).Text);
        await listener.PutAsync("/v1/nodes/a", "newer");
        WatchedEvent told;
        do
        {
            told = (await watch.NextAsync())!;
        }
        while (told.Name is "gap" or "initial-end" || told.Data.GetProperty("value").GetString() != "newer");

        Assert.Equal(_nodes.Revision.Value, told.Revision);
    }

    private static CacheEntry FalseEntry(Revision at)
    {
        var set = FalseSet(at, jump: 0);
        var change = set.Changes[0];
        return new CacheEntry(
            new ReadNodeResult(ResultCode.Ok, change.Stat, change.ContentType, change.Value!.Value, Revision.Zero),
            HasValue: true, at);
    }

    private static ChangeSet FalseSet(Revision after, long jump)
    {
        var revision = new Revision(after.Value + jump);
        var stat = new NodeStat(
            new Revision(1), revision, new Revision(1), 1, 2, 1, 0, 0, NodeKind.Persistent, null, 0, 5, 0);
        return new ChangeSet(
            after, revision, 2, [new Change(ChangeType.Changed, "/a", stat, "text/plain", "false"u8.ToArray(), null)], []);
    }

    /// <summary>As near to the truth as a stranger comes without the key, but with everything that was ever written with it.</summary>
    private byte[] Spoil(string lie, string name, byte[] content)
    {
        var sealedHere = SealOf(_first).Close(Cluster, name, content);
        switch (lie)
        {
            case "bare":
                return content;
            case "shape of a seal":
                content.CopyTo(sealedHere, sealedHere.Length - content.Length - 16);
                return sealedHere;
            case "other key":
                return new Seal(static purpose => ClusterKey.Draw().Derive(purpose, 32), 1)
                    .Close(Cluster, name, content, Today);
            case "other cluster":
                return SealOf(_first).Close(Guid.NewGuid(), name, content);
            case "other name":
                return SealOf(_first).Close(Cluster, name + "/b", content);
            case "day before yesterday":
                return new Seal(Derive, 1).Close(Cluster, name, content, Today - 2);
            case "cut":
                return sealedHere[..^1];
            case "changed":
                sealedHere[^20] ^= 1;
                return sealedHere;
            default:
                return [.. sealedHere, .. new byte[2 << 20]];
        }
    }

    private async Task RepeatAsync(RedisValue message, CancellationToken enough)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (!enough.IsCancellationRequested && await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            await Database.PublishAsync(Channel, message);
        }
    }

    private Task<long> PublishAsync(GatewayFixture gateway, FeedFrame frame)
    {
        var content = new FeedMessage(Cluster, Guid.NewGuid(), frame).Write();
        return Database.PublishAsync(Channel, SealOf(gateway).Close(Cluster, SharedKeys.Feed(Cluster), content));
    }

    private async Task<long> SentBytesAsync()
    {
        var info = await _stranger!.GetServer(_redis.Address).InfoAsync("stats");
        var sent = info.SelectMany(static section => section).Single(static line => line.Key == "total_net_output_bytes");
        return long.Parse(sent.Value, CultureInfo.InvariantCulture);
    }

    private static byte[] Derive(string purpose) => ClusterKey.TryParse(TestClusterKey.Base64)!.Derive(purpose, 32);

    private static RedisSeal SealOf(GatewayFixture gateway) => gateway.Services.GetRequiredService<RedisSeal>();

    private static Revision RevisionOf(GatewayFixture gateway) =>
        gateway.Services.GetRequiredService<FeedProgress>().Revision;

    private static Task<long> RejectedAsync(GatewayFixture gateway) => CountAsync(gateway, "redis_rejected_total");

    /// <summary>All series of it together.</summary>
    private static async Task<long> CountAsync(GatewayFixture gateway, string name)
    {
        var metrics = (await gateway.GetAsync("/metrics")).Text;
        return Regex.Matches(metrics, $@"^cloudkeeper_gateway_{name}(\{{[^}}]*\}})? (\d+)", RegexOptions.Multiline | RegexOptions.NonBacktracking)
            .Sum(static match => long.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));
    }

    private Task UntilOneSpeaksAsync() => Until.TrueAsync(() =>
        _nodes.FollowerCount == 1 && (IsSpeaking(_first) || IsSpeaking(_second)));

    private static Task UntilConnectedAsync(GatewayFixture gateway) => Until.TrueAsync(() =>
        gateway.Services.GetRequiredService<RedisConnection>().IsConnected);

    private static bool IsSpeaking(GatewayFixture gateway) =>
        gateway.Services.GetRequiredService<FeedSpeaker>().IsSpeaking;

    private GatewayFixture NewGateway() => new()
    {
        Nodes = _nodes,
        Settings = new Dictionary<string, string?> { ["Gateway:Redis"] = _redis.Address },
    };
}
