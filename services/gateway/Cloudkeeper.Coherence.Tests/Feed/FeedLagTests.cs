using Cloudkeeper.Coherence.Feed;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Coherence.Tests.Feed;

public sealed class FeedLagTests
{
    [Fact]
    public void A_feed_can_be_judged_by_the_own_position()
    {
        var lag = new FeedLag(patience: 100);
        Assert.True(lag.IsBearable(new Revision(3), new Revision(5), 0));
        Assert.True(lag.IsBearable(new Revision(3), new Revision(9), 100));
        Assert.False(lag.IsBearable(new Revision(4), new Revision(9), 101));
        Assert.True(lag.IsBearable(new Revision(5), new Revision(9), 102));
    }

    private static readonly Revision Known = new(5);

    private readonly FeedLag _lag = new(patience: 10);

    [Fact]
    public void A_node_that_lags_for_too_long_is_left()
    {
        Assert.True(Progress(4, now: 100));
        Assert.True(Progress(4, now: 110));
        Assert.False(Progress(4, now: 111));
    }

    [Fact]
    public void A_node_that_catches_up_may_fall_behind_again()
    {
        Assert.True(Progress(4, now: 100));
        Assert.True(Progress(5, now: 108));
        Assert.True(Progress(4, now: 118));
        Assert.False(Progress(4, now: 119));
    }

    [Fact]
    public void A_node_that_is_always_a_little_behind_is_followed_for_ever()
    {
        for (var revision = 1; revision < 100; revision++)
        {
            var frame = new ProgressFrame(new Revision(revision));
            Assert.True(_lag.IsBearable(frame, known: new Revision(revision + 1), now: revision * 8));
        }
    }

    [Fact]
    public void A_node_that_still_sends_history_is_followed()
    {
        Assert.True(Progress(4, now: 100));
        Assert.True(_lag.IsBearable(new StartFrame(Guid.Empty, Revision.Zero), Known, now: 200));
    }

    private bool Progress(long revision, long now) =>
        _lag.IsBearable(new ProgressFrame(new Revision(revision)), Known, now);
}
