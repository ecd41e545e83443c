using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Gateway.Cache;
using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Gateway.Redis;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Hosting.Memory;
using Cloudkeeper.Hosting.Security;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cloudkeeper.Gateway.Tests.Feed;

public sealed class FeedFollowerTests : IAsyncLifetime
{
    private static readonly Guid Ours = Guid.NewGuid();

    private readonly ScriptedFeed _feed = new();
    private readonly NodeCache _cache = new(1 << 20);
    private readonly FeedProgress _progress = new(TimeProvider.System);
    private readonly ChangeRelay _relay = new(
        new WatchLimits(100, 100_000, 100, 100_000), new MemoryBudget(), TimeProvider.System);
    private readonly GatewayMetrics _metrics = new();
    private readonly WatchPump _pump;
    private readonly RedisConnection _redis;
    private readonly FeedSpeaker _speaker;
    private readonly FeedListener _listener;
    private readonly FeedFollower _follower;

    public FeedFollowerTests()
    {
        _pump = new WatchPump(_relay);
        _redis = new RedisConnection(
            new GatewayOptions(), _metrics, TimeProvider.System, NullLogger<RedisConnection>.Instance);
        var seal = new RedisSeal(
            new ClusterAccess(ClusterKey.TryParse(TestClusterKey.Base64)!), _metrics, TimeProvider.System);
        _speaker = new FeedSpeaker(_redis, seal, _progress, _metrics, TimeProvider.System);
        _listener = new FeedListener(_redis, seal, _speaker, _progress, _metrics, TimeProvider.System);
        var intake = new FeedIntake(_cache, _progress, _pump, _metrics, NullLogger<FeedIntake>.Instance);
        _follower = new FeedFollower(
            _feed, intake, _progress, _speaker, _listener, _metrics, TimeProvider.System, new Random(1),
            NullLogger<FeedFollower>.Instance);
    }

    public async ValueTask InitializeAsync()
    {
        await _pump.StartAsync(CancellationToken.None);
        await _follower.StartAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _follower.StopAsync(CancellationToken.None);
        await _pump.StopAsync(CancellationToken.None);
        _follower.Dispose();
        _pump.Dispose();
        _listener.Dispose();
        _speaker.Dispose();
        _redis.Dispose();
        _metrics.Dispose();
    }

    [Fact]
    public async Task The_first_nodes_history_is_known_and_then_the_new_changes()
    {
        var stream = await StartAsync(from: 40);
        Assert.Null(stream.From);
        stream.Change(41);
        stream.Change(42);
        await ReachAsync(42);
        Assert.True(Fill(at: 42));
        Assert.True(Fill(at: 40, path: "/b"));
        Assert.False(Fill(at: 39, path: "/c"));
    }

    [Fact]
    public async Task Another_node_goes_on_where_the_first_one_broke_and_repeats_do_no_harm()
    {
        var first = await StartAsync(from: 5);
        first.Change(6);
        await ReachAsync(6);
        first.Break();
        var second = await _feed.NextAsync();
        Assert.Equal(new Revision(6), second.From);
        second.Say(new StartFrame(Ours, new Revision(6)));
        second.Change(6);
        second.Change(7);
        await ReachAsync(7);
    }

    [Fact]
    public async Task A_gap_is_not_passed_over_but_asked_for_again()
    {
        var first = await StartAsync(from: 5);
        Fill(at: 5);
        first.Change(7);
        var second = await _feed.NextAsync();
        Assert.Equal(new Revision(5), second.From);
        Assert.Equal(new Revision(5), _progress.Revision);
        Assert.True(IsHeld());
    }

    [Fact]
    public async Task Progress_beyond_the_last_change_means_that_changes_are_missing()
    {
        var first = await StartAsync(from: 5);
        first.Say(new ProgressFrame(new Revision(6)));
        Assert.Equal(new Revision(5), (await _feed.NextAsync()).From);
    }

    [Fact]
    public async Task Compacted_history_empties_the_cache_and_sends_the_watchers_a_gap()
    {
        var first = await StartAsync(from: 5);
        Fill(at: 5);
        using var watch = _relay.Watch(new WatchInterest([new WatchTarget("/a", WatchScope.Node)]));
        first.Break();
        var second = await _feed.NextAsync();
        second.Say(new CompactedFrame(new Revision(50)));
        second.Frames.Writer.Complete();
        var third = await _feed.NextAsync();
        Assert.Null(third.From);
        third.Say(new StartFrame(Ours, new Revision(50)));
        await ReachAsync(50);
        Assert.False(IsHeld());
        Assert.True(await watch.WaitAsync(TimeSpan.FromMinutes(1), CancellationToken.None));
        Assert.True(watch.Take().HasGap);
    }

    [Fact]
    public async Task A_node_whose_history_reaches_back_further_loses_nothing()
    {
        var first = await StartAsync(from: 5);
        Fill(at: 5);
        first.Break();
        var second = await _feed.NextAsync();
        second.Say(new CompactedFrame(new Revision(50)));
        second.Frames.Writer.Complete();
        var third = await _feed.NextAsync();
        third.Say(new StartFrame(Ours, new Revision(3)));
        third.Change(4);
        third.Change(5);
        third.Say(new ProgressFrame(new Revision(5)));
        third.Change(6);
        await ReachAsync(6);
        Assert.True(IsHeld());
    }

    [Fact]
    public async Task Nothing_of_one_cluster_is_left_when_the_nodes_are_of_another_one()
    {
        var first = await StartAsync(from: 1_000);
        Fill(at: 1_000);
        first.Break();
        var other = Guid.NewGuid();
        var second = await _feed.NextAsync();
        second.Say(new StartFrame(other, new Revision(1_000)));
        second.Change(1_001);
        var third = await _feed.NextAsync();
        Assert.Null(third.From);
        third.Say(new StartFrame(other, new Revision(3)));
        await ReachAsync(3);
        Assert.Equal(other, _cache.Cluster);
        Assert.False(IsHeld());
        Assert.False(Fill(at: 1_000));
        await Until.TrueAsync(() => _relay.Revision == new Revision(3));
    }

    [Fact]
    public async Task While_it_is_broken_it_is_not_current()
    {
        var first = await StartAsync(from: 5);
        Assert.True(_progress.IsCurrent);
        first.Break();
        await Until.TrueAsync(() => !_progress.IsCurrent);
        (await _feed.NextAsync()).Say(new StartFrame(Ours, new Revision(5)));
        await Until.TrueAsync(() => _progress.IsCurrent);
    }

    private async Task<ScriptedFeed.Stream> StartAsync(long from)
    {
        var stream = await _feed.NextAsync();
        stream.Say(new StartFrame(Ours, new Revision(from)));
        await ReachAsync(from);
        await Until.TrueAsync(() => _relay.IsStarted);
        return stream;
    }

    private Task ReachAsync(long revision) => Until.TrueAsync(() => _progress.Revision == new Revision(revision));

    private bool Fill(long at, string path = "/a") => _cache.Fill(
        Ours, path, new ReadNodeResult(ResultCode.NodeNotFound, null, "", default, Revision.Zero), true, new Revision(at));

    private bool IsHeld() => _cache.Holds("/a", withValue: true);
}
