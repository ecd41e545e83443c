using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Coherence.Tests.Watches;

public sealed class WatchHubTests
{
    private static readonly WatchLimits Wide = new(int.MaxValue, long.MaxValue, 100, long.MaxValue);

    private readonly WatchHub _hub = new(Wide);

    [Theory]
    [InlineData(nameof(WatchScope.Node), "/a/b", "/a/b")]
    [InlineData(nameof(WatchScope.Children), "/a", "/a/b")]
    [InlineData(nameof(WatchScope.Children), "/", "/a")]
    [InlineData(nameof(WatchScope.Subtree), "/", "/a/b")]
    [InlineData(nameof(WatchScope.Subtree), "/a", "/a/b/c")]
    [InlineData(nameof(WatchScope.Subtree), "/a", "/a")]
    [InlineData(nameof(WatchScope.Subtree), "/", "/")]
    public void A_change_reaches_its_watchers(string scope, string watched, string changed)
    {
        var subscription = Subscribe(new WatchTarget(watched, Enum.Parse<WatchScope>(scope)));
        Publish(changed);
        Assert.Equal([changed], Paths(subscription));
    }

    [Theory]
    [InlineData(nameof(WatchScope.Node), "/a", "/a/b")]
    [InlineData(nameof(WatchScope.Children), "/a", "/a")]
    [InlineData(nameof(WatchScope.Children), "/a", "/a/b/c")]
    [InlineData(nameof(WatchScope.Children), "/", "/")]
    [InlineData(nameof(WatchScope.Subtree), "/a", "/ab")]
    [InlineData(nameof(WatchScope.Subtree), "/a/b", "/a")]
    public void A_change_elsewhere_does_not(string scope, string watched, string changed)
    {
        var subscription = Subscribe(new WatchTarget(watched, Enum.Parse<WatchScope>(scope)));
        Publish(changed);
        Assert.Empty(Paths(subscription));
    }

    [Fact]
    public void A_change_that_several_targets_match_comes_once()
    {
        var subscription = Subscribe(
            new WatchTarget("/a", WatchScope.Subtree), new WatchTarget("/", WatchScope.Subtree),
            new WatchTarget("/a/b", WatchScope.Node));
        Publish("/a/b");
        Assert.Equal(["/a/b"], Paths(subscription));
    }

    [Fact]
    public void A_watcher_is_woken_once_until_it_takes()
    {
        var wakes = 0;
        var subscription = _hub.Subscribe(
            new WatchInterest([new WatchTarget("/a", WatchScope.Node)]), Revision.Zero, () => wakes++);
        Publish("/a");
        Publish("/a");
        Assert.Equal(1, wakes);
        subscription.Take(_hub.Revision);
        Publish("/b");
        Assert.Equal(1, wakes);
        Publish("/a");
        Assert.Equal(2, wakes);
    }

    [Fact]
    public void A_touched_parent_wakes_watchers_of_its_children_without_an_event()
    {
        var wakes = new Dictionary<WatchScope, int>();
        var subscriptions = Enum.GetValues<WatchScope>().Select(scope => _hub.Subscribe(
            new WatchInterest([new WatchTarget("/a", scope)]),
            Revision.Zero,
            () => wakes[scope] = wakes.GetValueOrDefault(scope) + 1)).ToArray();

        _hub.Publish(Set(1, "/b") with { TouchedParents = ["/a"] });

        Assert.Equal(new Dictionary<WatchScope, int> { [WatchScope.Children] = 1 }, wakes);
        Assert.All(subscriptions, subscription =>
        {
            var delivery = subscription.Take(_hub.Revision);
            Assert.Empty(delivery.Events);
            Assert.Equal(new Revision(1), delivery.Position);
        });
    }

    [Fact]
    public void A_watch_of_the_future_waits_for_it()
    {
        var subscription = _hub.Subscribe(
            new WatchInterest([new WatchTarget("/a", WatchScope.Node)]), new Revision(2), () => { });
        Publish("/a");
        Publish("/a");
        var early = subscription.Take(_hub.Revision);
        Assert.Empty(early.Events);
        Assert.Equal(new Revision(2), early.Position);
        Publish("/a");
        Assert.Equal([3L], subscription.Take(_hub.Revision).Events.Select(item => item.Revision.Value));
    }

    [Fact]
    public void A_slow_watcher_loses_whole_transactions_and_gets_a_gap()
    {
        var hub = new WatchHub(Wide with { EventsMax = 3 });
        var subscription = hub.Subscribe(
            new WatchInterest([new WatchTarget("/", WatchScope.Subtree)]), Revision.Zero, () => { });
        hub.Publish(Set(1, "/a", "/b", "/c", "/d"));
        Assert.Equal(4, subscription.Take(hub.Revision).Events.Count);
        hub.Publish(Set(2, "/a", "/b"));
        hub.Publish(Set(3, "/a", "/b"));
        hub.Publish(Set(4, "/a"));
        var delivery = subscription.Take(hub.Revision);
        Assert.True(delivery.HasGap);
        Assert.Empty(delivery.Events);
    }

    [Fact]
    public void The_watchers_with_the_longest_queues_lose_them_when_all_is_too_much()
    {
        var hub = new WatchHub(Wide with { AllBytesMax = 10_000 });
        var slow = Watch(hub, "/slow");
        var quick = Watch(hub, "/quick");
        for (var revision = 1; hub.WaitingBytes < 9_500; revision++)
        {
            hub.Publish(Set(revision, "/slow"));
        }

        hub.Publish(Set(hub.Revision.Value + 1, "/quick"));
        while (hub.WaitingBytes > 2_000)
        {
            hub.Publish(Set(hub.Revision.Value + 1, "/slow"));
        }

        Assert.True(slow.Take(hub.Revision).HasGap);
        var delivery = quick.Take(hub.Revision);
        Assert.False(delivery.HasGap);
        Assert.Single(delivery.Events);
        Assert.Equal(0, hub.WaitingBytes);
    }

    [Fact]
    public void An_event_that_waits_for_many_counts_once()
    {
        var hub = new WatchHub(Wide with { AllBytesMax = 10_000 });
        var watchers = Enumerable.Range(0, 100).Select(_ => Watch(hub, "/a")).ToList();
        hub.Publish(Set(1, "/a"));
        Assert.InRange(hub.WaitingBytes, 1_000, 2_500);
        Assert.All(watchers, watcher => Assert.Single(watcher.Take(hub.Revision).Events));
        Assert.Equal(0, hub.WaitingBytes);
    }

    [Fact]
    public void Many_taken_bytes_count_until_they_are_sent()
    {
        var hub = new WatchHub(Wide);
        var watcher = Watch(hub, "/a");
        hub.Publish(Set(1, "/a"));
        watcher.Take(hub.Revision);
        Assert.False(watcher.HasTakenMuch);
        Assert.Equal(0, hub.WaitingBytes);

        while (hub.WaitingBytes < 100_000)
        {
            hub.Publish(Set(hub.Revision.Value + 1, "/a"));
        }

        watcher.Take(hub.Revision);
        Assert.True(watcher.HasTakenMuch);
        Assert.True(hub.WaitingBytes >= 100_000);
        watcher.Sent();
        Assert.Equal(0, hub.WaitingBytes);
    }

    [Fact]
    public void Events_of_a_watcher_that_goes_do_not_count_any_more()
    {
        var hub = new WatchHub(Wide);
        var watcher = Watch(hub, "/a");
        while (hub.WaitingBytes < 100_000)
        {
            hub.Publish(Set(hub.Revision.Value + 1, "/a"));
        }

        watcher.Take(hub.Revision);
        hub.Publish(Set(hub.Revision.Value + 1, "/a"));
        hub.Unsubscribe(watcher);
        Assert.Equal(0, hub.WaitingBytes);
    }

    [Fact]
    public void A_latest_only_watcher_drops_old_events_first()
    {
        var hub = new WatchHub(Wide with { AllBytesMax = 10_000 });
        var watcher = Watch(hub, "/a", latestOnly: true);
        for (var revision = 1; revision <= 200; revision++)
        {
            hub.Publish(Set(revision, "/a"));
            Assert.True(hub.WaitingBytes <= 10_000);
        }

        var delivery = watcher.Take(hub.Revision);
        Assert.False(delivery.HasGap);
        Assert.Equal(200, Assert.Single(delivery.Events).Revision.Value);
    }

    [Fact]
    public void A_latest_only_watcher_loses_nothing_else()
    {
        var hub = new WatchHub(Wide with { EventsMax = 3 });
        var subscription = hub.Subscribe(
            new WatchInterest([new WatchTarget("/", WatchScope.Subtree)], LatestOnly: true), Revision.Zero, () => { });
        for (var revision = 1; revision <= 20; revision++)
        {
            hub.Publish(Set(revision, revision % 2 == 0 ? "/even" : "/odd"));
        }

        var delivery = subscription.Take(hub.Revision);
        Assert.False(delivery.HasGap);
        Assert.Equal(["/odd", "/even"], delivery.Events.Select(item => item.Change.Path));
        Assert.Equal([19L, 20L], delivery.Events.Select(item => item.Revision.Value));
    }

    [Fact]
    public void The_end_of_a_session_reaches_watchers_that_named_it()
    {
        var session = new SessionId(7);
        var named = _hub.Subscribe(new WatchInterest([], session), Revision.Zero, () => { });
        var other = _hub.Subscribe(new WatchInterest([], new SessionId(8)), Revision.Zero, () => { });
        _hub.Publish(Set(1) with { EndedSessions = [session] });
        Assert.True(named.Take(_hub.Revision).HasSessionEnded);
        Assert.False(other.Take(_hub.Revision).HasSessionEnded);
    }

    [Fact]
    public void A_gap_in_the_feed_is_never_passed_over()
    {
        Publish("/a");
        Assert.Throws<ArgumentException>(() => _hub.Publish(Set(3, "/a")));
        Assert.Throws<ArgumentException>(() => _hub.Publish(Set(1, "/a")));
        var subscription = Subscribe(new WatchTarget("/a", WatchScope.Node));
        _hub.Restart(new Revision(10));
        Assert.True(subscription.Take(_hub.Revision).HasGap);
    }

    [Fact]
    public void The_window_keeps_recent_changes()
    {
        var hub = new WatchHub(Wide with { WindowSetsMax = 3 });
        for (var revision = 1; revision <= 5; revision++)
        {
            hub.Publish(Set(revision, "/a"));
        }

        var sets = new List<ChangeSet>();
        Assert.False(hub.TryRead(new Revision(1), 10, sets));
        Assert.True(hub.TryRead(new Revision(2), 2, sets));
        Assert.Equal([3L, 4L], sets.Select(set => set.Revision.Value));
    }

    [Fact]
    public void No_watcher_is_left_when_all_have_gone()
    {
        var subscription = Subscribe(new WatchTarget("/a", WatchScope.Node), new WatchTarget("/a", WatchScope.Subtree));
        _hub.Unsubscribe(subscription);
        _hub.Unsubscribe(subscription);
        Publish("/a");
        Assert.Equal(0, _hub.Count);
        Assert.Empty(subscription.Take(_hub.Revision).Events);
    }

    private static Subscription Watch(WatchHub hub, string path, bool latestOnly = false) => hub.Subscribe(
        new WatchInterest([new WatchTarget(path, WatchScope.Node)], LatestOnly: latestOnly), hub.Revision, () => { });

    /// <summary>A twin that checks every watcher for every change.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_agrees_with_a_dumb_hub(int seed)
    {
        var random = new Random(seed);
        var watchers = new List<(Subscription Real, WatchInterest Interest, List<(long, string)> Expected)>();
        for (var revision = 1; revision <= 2_000; revision++)
        {
            if (random.Next(10) == 0)
            {
                var interest = new WatchInterest([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ =>
                    new WatchTarget(RandomPath(random), (WatchScope)random.Next(3)))]);
                watchers.Add((_hub.Subscribe(interest, _hub.Revision, () => { }), interest, []));
            }

            if (watchers.Count > 0 && random.Next(20) == 0)
            {
                var leaver = random.Next(watchers.Count);
                _hub.Unsubscribe(watchers[leaver].Real);
                Check(watchers[leaver]);
                watchers.RemoveAt(leaver);
            }

            string[] paths = [.. Enumerable.Range(0, random.Next(4)).Select(_ => RandomPath(random)).Distinct()];
            foreach (var (_, interest, expected) in watchers)
            {
                expected.AddRange(paths.Where(interest.Matches).Select(path => ((long)revision, path)));
            }

            _hub.Publish(Set(revision, paths));
        }

        watchers.ForEach(Check);

        void Check((Subscription Real, WatchInterest Interest, List<(long, string)> Expected) watcher) => Assert.Equal(
            watcher.Expected,
            watcher.Real.Take(_hub.Revision).Events.Select(item => (item.Revision.Value, item.Change.Path)));
    }

    private static string RandomPath(Random random)
    {
        var depth = random.Next(4);
        return depth == 0
            ? "/"
            : string.Concat(Enumerable.Range(0, depth).Select(_ => "/" + (char)('a' + random.Next(3))));
    }

    private static ChangeSet Set(long revision, params string[] paths) => new(
        new Revision(revision - 1), new Revision(revision), 0,
        [.. paths.Select(path => new Change(ChangeType.Changed, path, default, "", null, null))], []);

    private static IEnumerable<string> Paths(Subscription subscription) =>
        subscription.Take(new Revision(1)).Events.Select(item => item.Change.Path);

    private void Publish(string path) => _hub.Publish(Set(_hub.Revision.Value + 1, path));

    private Subscription Subscribe(params WatchTarget[] targets) =>
        _hub.Subscribe(new WatchInterest(targets), _hub.Revision, () => { });
}
