using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Coherence.Tests.Watches;

public sealed class HistoryPassTests
{
    private static readonly WatchInterest Everything = new([new WatchTarget("/", WatchScope.Subtree)]);

    private readonly HistoryPass _pass = new(At(2));

    [Fact]
    public void Each_watcher_gets_the_changes_above_its_own_position()
    {
        var (old, young) = (Join(2), Join(4));
        foreach (var revision in (long[])[3, 4, 5])
        {
            Assert.Null(_pass.Take(Frame(revision)));
        }

        Assert.Equal([3, 4, 5], Taken(old));
        Assert.Equal([5], Taken(young));
    }

    [Fact]
    public void A_watcher_behind_the_pass_waits_for_the_next_one()
    {
        _pass.Take(Frame(3));
        Assert.Null(_pass.Join(Everything, At(2), static () => { }));
        var joined = Join(3);
        _pass.Take(Frame(4));
        Assert.Equal([4], Taken(joined));
    }

    [Fact]
    public void A_repeated_change_comes_once()
    {
        var place = Join(2);
        _pass.Take(Frame(3));
        _pass.Take(Frame(2));
        _pass.Take(Frame(3));
        Assert.Equal([3], Taken(place));
    }

    [Fact]
    public void A_compacted_frame_and_a_missing_set_are_both_a_loss()
    {
        Assert.Equal(At(9), _pass.Take(new CompactedFrame(At(9))));
        Assert.Equal(At(7), _pass.Take(Frame(7)));
        Assert.Null(_pass.Take(new ProgressFrame(At(9))));
        Assert.Equal(At(2), _pass.Revision);
    }

    [Fact]
    public void A_watcher_that_has_left_gets_nothing_more()
    {
        var place = Join(2);
        _pass.Leave(place);
        _pass.Take(Frame(3));
        Assert.Empty(Taken(place));
        Assert.Equal(0, _pass.Count);
    }

    private static Revision At(long revision) => new(revision);

    private static ChangeSetFrame Frame(long revision) => new(new ChangeSet(
        At(revision - 1), At(revision), 0, [new Change(ChangeType.Changed, "/a", default, "", null, null)], []));

    private Subscription Join(long from) => _pass.Join(Everything, At(from), static () => { })!;

    private long[] Taken(Subscription place) =>
        [.. place.Take(_pass.Revision).Events.Select(static item => item.Revision.Value)];
}
