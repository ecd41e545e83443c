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
    public void What_follows_is_passed_on_and_what_is_repeated_is_not()
    {
        Assert.Equal(FeedVerdict.Apply, Changes(3, 4));
        Assert.Equal(FeedVerdict.Nothing, Changes(3, 4));
        Assert.Equal(FeedVerdict.Nothing, Start(Ours, 1));
        Assert.Equal(new Revision(4), _rule.Position);
    }

    [Fact]
    public void What_is_missing_is_noticed_by_the_next_change_and_by_progress()
    {
        Assert.Equal(FeedVerdict.Missing, Changes(4, 5));
        Assert.Equal(FeedVerdict.Missing, _rule.Take(new ProgressFrame(new Revision(4))));
        Assert.Equal(FeedVerdict.Nothing, _rule.Take(new ProgressFrame(new Revision(3))));
        Assert.Equal(new Revision(3), _rule.Position);
    }

    [Fact]
    public void What_is_gone_from_the_history_is_asked_for_no_more()
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

    private FeedVerdict Start(Guid cluster, long from) => _rule.Take(new StartFrame(cluster, new Revision(from)));

    private FeedVerdict Changes(long previous, long revision) =>
        _rule.Take(new ChangeSetFrame(new ChangeSet(new Revision(previous), new Revision(revision), 0, [], [])));
}
