using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Members;

namespace Cloudkeeper.Replica.Tests.Members;

public sealed class StewardTests
{
    [Theory]
    [InlineData("1v 2v 3v", "1 2 3", "1 2 3", "nothing")]
    [InlineData("1v 2v 3v 4l", "1 2 3 4", "4", "1v 2v 3v 4v")]
    [InlineData("1v 2v 3v 4l", "1 2 3", "4", "nothing")]
    [InlineData("1v 2v 3v 4l", "1 2 3 4", "", "nothing")]
    [InlineData("1v 2v 3v 4l?", "1 2 3 4", "4", "nothing")]
    [InlineData("1v 2v 3v 4l 5l", "4 5", "5", "1v 2v 3v 4l 5v")]
    [InlineData("1v 2v 3v 4l 5l", "4 5", "4 5", "1vo 2vo 3vo 4v 5v")]
    [InlineData("1v 2v 3v 4l- 5l-", "4 5", "4 5", "1v 2v 3v")]
    [InlineData("1v 2v 3v 4l- 5l", "4 5", "4 5", "1v 2v 3v 5l")]
    public void Learners_come_and_go_by_themselves(string members, string active, string caughtUp, string expected)
    {
        var next = Steward.NextStep(Some.Members(members), Names(active), Names(caughtUp));

        Assert.Equal(expected, next?.ToString() ?? "nothing");
    }

    [Fact]
    public void Ids_that_were_given_stay_given_when_their_owners_are_taken_out()
    {
        var next = Steward.NextStep(Some.Members("1v 2v 9l-"), Names(""), Names(""));

        Assert.Equal(new NodeId(9), next?.LastId);
    }

    [Theory]
    [InlineData(1, 1, 1, null)]
    [InlineData(1, 2, 2, null)]
    [InlineData(2, 2, 2, 2)]
    [InlineData(2, 2, 3, 2)]
    [InlineData(3, 3, 3, 2)]
    public void A_feature_level_is_for_all_or_for_none(int first, int second, int third, int? expected)
    {
        int[] levels = [first, second, third];
        var members = Some.Members("1v 2v 3l").Members.Select((m, i) => m with { Level = levels[i] });

        Assert.Equal(expected, Steward.NextLevel(new Membership(members), featureLevel: 1, ownLevel: 3));
    }

    [Theory]
    [InlineData("1v 2v 3l?", 2, "")]
    [InlineData("1v 2v 3l", null, "3")]
    [InlineData("1v 2v 3v", null, "3")]
    public void A_member_that_has_never_arrived_holds_no_level_and_others_are_named(string members, int? expected, string holders)
    {
        var upgraded = new Membership(Some.Members(members).Members.Select(m => m.Id.Value < 3 ? m with { Level = 2 } : m));

        Assert.Equal(expected, Steward.NextLevel(upgraded, featureLevel: 1, ownLevel: 2));
        Assert.Equal(holders, string.Join(' ', Steward.LevelHolders(upgraded, featureLevel: 1)));
    }

    [Fact]
    public void No_member_holds_the_newest_known_level() =>
        Assert.Empty(Steward.LevelHolders(Some.Members("1v 2v 3v"), featureLevel: 1));

    [Fact]
    public void A_leader_that_went_back_to_an_older_program_switches_to_nothing_that_it_does_not_know()
    {
        var members = Some.Members("1v 2v 3v").Members.Select(m => m with { Level = 2 });

        Assert.Null(Steward.NextLevel(new Membership(members), featureLevel: 1, ownLevel: 1));
    }

    [Fact]
    public void Keeping_pace_means_to_have_all_that_was_committed_a_moment_ago()
    {
        var mark = new CatchUpMark(electionTicks: 8);
        var term = new Term(3);
        Assert.False(mark.IsReached(term, new LogIndex(1_000)));

        mark.Tick(term, new LogIndex(100));
        Assert.False(mark.IsReached(term, new LogIndex(99)));
        Assert.True(mark.IsReached(term, new LogIndex(100)));

        // The mark follows the commit index, two to four ticks behind.
        for (var commit = 110; commit <= 140; commit += 10)
        {
            mark.Tick(term, new LogIndex(commit));
        }

        Assert.False(mark.IsReached(term, new LogIndex(119)));
        Assert.True(mark.IsReached(term, new LogIndex(120)));
        Assert.False(mark.IsReached(term.Next(), new LogIndex(1_000)));
    }

    private static Func<NodeId, bool> Names(string ids) => id => ids.Split(' ').Contains(id.ToString());
}
