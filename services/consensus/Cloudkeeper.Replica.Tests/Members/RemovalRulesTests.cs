using System.Globalization;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Members;

namespace Cloudkeeper.Replica.Tests.Members;

public sealed class RemovalRulesTests
{
    [Theory]
    [InlineData("1v 2v 3v", "1 2 3", "3", "propose 1v 2v")]
    [InlineData("1v 2v 3v", "1 2", "3", "propose 1v 2v")]
    [InlineData("1v 2v 3v 4l", "1 2 3", "3 4", "propose 1v 2v")]
    [InlineData("1v 2v 3v 4l 5l", "1", "4 5", "Refused unsafe-change n4 and n5 cannot be removed: "
        + "2 of the remaining 3 voters would be needed and only n1 is reachable")]
    [InlineData("1v 2v 3v 4v", "1 2", "2", "Refused unsafe-change n2 cannot be removed: "
        + "2 of the remaining 3 voters would be needed and only n1 is reachable")]
    [InlineData("1v 2v 3v 4v 5v", "1 2 3 4 5", "4 5", "propose 1vo 2vo 3vo 4o- 5o-")]
    [InlineData("1v 2v 3v 4v 5v", "1 2 3", "4 5", "propose 1vo 2vo 3vo 4o- 5o-")]
    [InlineData("1v 2v 3v 4v 5v 6l", "1 2 3 4 5", "4 5 6", "propose 1vo 2vo 3vo 4o- 5o-")]
    [InlineData("1v 2v 3v 4v 5v", "1 4 5", "4 5", "Refused unsafe-change n4 and n5 cannot be removed: "
        + "2 of the remaining 3 voters would be needed and only n1 is reachable")]
    [InlineData("1v 2v 3v 4v 5v", "1 2", "3 4 5", "Refused unsafe-change n3, n4 and n5 cannot be removed: "
        + "3 of the present 5 voters are needed and only n1 and n2 are reachable")]
    [InlineData("1v 2v 3v", "1 2 3", "1", "hand over to n2")]
    [InlineData("1v 2v 3v 4v 5v", "1 2 3 4 5", "1 2", "hand over to n3")]
    [InlineData("1v", "1", "1", "Refused unsafe-change n1 cannot be removed: no voter would be left")]
    [InlineData("1v 2v", "1 2", "1 2", "Refused unsafe-change n1 and n2 cannot be removed: no voter would be left")]
    [InlineData("1v 2v", "1", "1", "Refused unsafe-change n1 cannot be removed: "
        + "n2, the only voter that would be left, is not reachable")]
    [InlineData("1v 2v 3v", "1 2 3", "9", "Refused member-not-found n9 is not a member of this cluster.")]
    [InlineData("1v 2v 3v", "1 2 3", "2 8 9", "Refused member-not-found n8 and n9 are not members of this cluster.")]
    [InlineData("1v 2v 3v", "1 2 3", "4", "Done")]
    [InlineData("1v 2v 3v", "1 2 3", "3 3 4", "propose 1v 2v")]
    public void A_removal_is_judged_by_the_members_that_would_be_left(
        string members, string active, string ids, string expected)
    {
        var facts = Some.Facts(members, active, lastId: 7);

        Assert.Equal(expected, Some.Phrase(RemovalRules.Judge(Ids(ids), facts, BestOf)));
    }

    [Fact]
    public void A_leader_that_has_not_heard_from_all_yet_does_not_refuse_for_good()
    {
        var verdict = RemovalRules.Judge(Ids("3"), Some.Facts("1v 2v 3v", active: "1 3", isYoung: true), BestOf);

        Assert.Equal(
            "UnderWay  n1 leads since a moment only and has not heard from all voters yet.", Some.Phrase(verdict));
    }

    [Fact]
    public void A_leader_without_a_possible_successor_stays()
    {
        var verdict = RemovalRules.Judge(Ids("1"), Some.Facts("1v 2v 3v", active: "1 2 3"), _ => null);

        Assert.Equal("UnderWay  n1 leads, and no voter that stays has caught up yet.", Some.Phrase(verdict));
    }

    private static NodeId[] Ids(string text) =>
        [.. text.Split(' ').Select(id => new NodeId(int.Parse(id, CultureInfo.InvariantCulture)))];

    private static NodeId? BestOf(IEnumerable<Member> members) => members.First(m => m.IsVoter).Id;
}
