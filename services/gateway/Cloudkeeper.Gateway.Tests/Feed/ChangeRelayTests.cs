using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Hosting.Memory;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Gateway.Tests.Feed;

public sealed class ChangeRelayTests
{
    private const int MiB = 1 << 20;

    private readonly MemoryBudget _budget = new();
    private long _revision;

    private long Counted => _budget.UsedBy(MemoryUse.WaitingChanges);

    [Fact]
    public void Waiting_events_count_in_the_budget_of_the_process_until_they_have_been_sent()
    {
        var relay = Start(new WatchLimits(int.MaxValue, long.MaxValue, 1, 1));
        var slow = Watch(relay, "/a");
        var quick = Watch(relay, "/b");
        Publish(relay, "/a", MiB);
        Publish(relay, "/b", MiB);
        Assert.InRange(Counted, 2 * MiB, 3 * MiB);

        relay.Take(quick);
        Assert.InRange(Counted, 2 * MiB, 3 * MiB);
        relay.Sent(quick);
        Assert.InRange(Counted, MiB, 2 * MiB);

        relay.Unsubscribe(slow);
        Assert.Equal(0, Counted);
    }

    [Fact]
    public void Beyond_the_limit_of_all_the_slowest_watcher_gets_a_gap_and_the_others_everything()
    {
        var relay = Start(new WatchLimits(int.MaxValue, long.MaxValue, 1, 1) { AllBytesMax = 8 * MiB });
        var slow = Watch(relay, "/a");
        var others = Enumerable.Range(0, 4).Select(_ => Watch(relay, "/b")).ToList();
        for (var i = 0; i < 20; i++)
        {
            Publish(relay, "/a", MiB);
            Publish(relay, "/b", 100);
            Assert.InRange(Counted, 0, 9 * MiB);
        }

        Assert.True(relay.Take(slow).HasGap);
        Assert.All(others, other =>
        {
            var delivery = relay.Take(other);
            Assert.False(delivery.HasGap);
            Assert.Equal(20, delivery.Events.Count);
        });
        Assert.Equal(0, Counted);
    }

    private static Subscription Watch(ChangeRelay relay, string path) => relay.Subscribe(
        new WatchInterest([new WatchTarget(path, WatchScope.Node)]), relay.Revision, static () => { });

    private ChangeRelay Start(WatchLimits limits)
    {
        var relay = new ChangeRelay(limits, _budget, TimeProvider.System);
        relay.Restart(Revision.Zero);
        return relay;
    }

    private void Publish(ChangeRelay relay, string path, int bytes)
    {
        var change = new Change(ChangeType.Changed, path, default, "", new byte[bytes], null);
        relay.Publish(new ChangeSet(new Revision(_revision), new Revision(++_revision), 0, [change], []));
    }
}
