using Cloudkeeper.Coherence.Feed;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Coherence.Tests.Feed;

public sealed class FeedRuleTests
{
    private static readonly Guid Ours = new("00112233445566778899aabbccddeeff");
    private static readonly Guid Theirs = new("ff112233445566778899aabbccddeeff");

    private readonly FeedRule _rule = new();

    public FeedRuleTests()
    {
        Assert.Null(_rule.Position);
        Assert.Equal(FeedVerdict.Restart, Start(Ours, 3));
    }

    [Fact]
    public void New_changes_are_passed_on_and_repeated_ones_are_not()
    {
        Assert.Equal(FeedVerdict.Apply, Changes(3, 4));
        Assert.Equal(FeedVerdict.Nothing, Changes(3, 4));
        Assert.Equal(FeedVerdict.Nothing, Start(Ours, 1));
        Assert.Equal(new Revision(4), _rule.Position);
    }

    [Fact]
    public void A_missing_change_is_noticed_by_the_next_change_and_by_progress()
    {
        Assert.Equal(FeedVerdict.Missing, Changes(4, 5));
        Assert.Equal(FeedVerdict.Missing, _rule.Take(new ProgressFrame(new Revision(4))));
        Assert.Equal(FeedVerdict.Nothing, _rule.Take(new ProgressFrame(new Revision(3))));
        Assert.Equal(new Revision(3), _rule.Position);
    }

    [Fact]
    public void Changes_that_are_gone_from_the_history_are_not_asked_for_any_more()
    {
        Assert.Equal(FeedVerdict.Compacted, _rule.Take(new CompactedFrame(new Revision(9))));
        Assert.Null(_rule.Position);
        Assert.Equal(FeedVerdict.Restart, Start(Ours, 12));
        Assert.Equal(new Revision(12), _rule.Position);
    }

    [Fact]
    public void Another_cluster_is_believed_at_the_second_start()
    {
        Assert.Equal(FeedVerdict.OtherCluster, Start(Theirs, 3));
        Assert.Equal(FeedVerdict.Restart, Start(Theirs, 1));
        Assert.Equal(Theirs, _rule.Cluster);
        Assert.Equal(new Revision(1), _rule.Revision);
    }

    [Fact]
    public void A_published_frame_is_a_change_or_progress_at_most_a_million_ahead()
    {
        const long Far = 3 + FeedRule.JumpMax;
        Assert.Equal(1 << 20, FeedRule.JumpMax);
        Assert.Equal(FeedVerdict.Implausible, Heard(3, Far + 1));
        Assert.Equal(FeedVerdict.Implausible, Heard(3, Revision.IncarnationStride));
        Assert.Equal(FeedVerdict.Implausible, Heard(3, 1L << 50));
        Assert.Equal(FeedVerdict.Implausible, Heard(3, long.MaxValue));
        Assert.Equal(FeedVerdict.Implausible, _rule.Hear(new ProgressFrame(new Revision(Far + 1))));
        Assert.Equal(FeedVerdict.Implausible, _rule.Hear(new StartFrame(Ours, new Revision(3))));
        Assert.Equal(FeedVerdict.Implausible, _rule.Hear(new CompactedFrame(new Revision(3))));
        Assert.Equal(FeedVerdict.Missing, _rule.Hear(new ProgressFrame(new Revision(Far))));
        Assert.Equal(FeedVerdict.Nothing, Heard(long.MinValue, -1));
        Assert.Equal(new Revision(3), _rule.Position);
        Assert.Equal(FeedVerdict.Apply, Heard(3, 4));
        Assert.Equal(FeedVerdict.Apply, Heard(4, 4 + FeedRule.JumpMax));
    }

    [Fact]
    public void A_nodes_feed_may_go_on_at_the_next_incarnation() =>
        Assert.Equal(FeedVerdict.Apply, Changes(3, Revision.IncarnationStride));

    [Fact]
    public void A_distrusted_state_begins_anew_at_any_start_of_a_node()
    {
        Assert.Equal(FeedVerdict.Apply, Changes(3, 1L << 50));

        // Everything that is true seems to be known already, and a start of a node to go on.
        Assert.Equal(FeedVerdict.Nothing, Changes(3, 4));
        Assert.Equal(FeedVerdict.Nothing, Start(Ours, 3));
        _rule.Distrust();
        Assert.Null(_rule.Position);
        Assert.Equal(FeedVerdict.Restart, Start(Ours, 3));
        Assert.Equal(new Revision(3), _rule.Position);
        Assert.Equal(FeedVerdict.Apply, Changes(3, 4));
    }

    private FeedVerdict Heard(long previous, long revision) =>
        _rule.Hear(new ChangeSetFrame(new ChangeSet(new Revision(previous), new Revision(revision), 0, [], [])));

    private FeedVerdict Start(Guid cluster, long from) => _rule.Take(new StartFrame(cluster, new Revision(from)));

    private FeedVerdict Changes(long previous, long revision) =>
        _rule.Take(new ChangeSetFrame(new ChangeSet(new Revision(previous), new Revision(revision), 0, [], [])));
}
