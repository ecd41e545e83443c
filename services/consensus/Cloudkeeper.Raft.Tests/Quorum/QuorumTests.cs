using Cloudkeeper.Raft.Quorum;

namespace Cloudkeeper.Raft.Tests.Quorum;

/// <summary>The quorum code against a twin that is too simple to be wrong (bugs B-20 to B-22).</summary>
public sealed class QuorumTests
{
    private const int Cases = 50_000;

    [Fact]
    public void The_index_of_a_quorum_agrees_with_counting()
    {
        var random = new Random(1);
        for (var i = 0; i < Cases; i++)
        {
            var (incoming, outgoing) = (Voters(random, 1), Voters(random, 0));
            var reached = Enumerable.Range(1, 9).ToDictionary(id => new NodeId(id), _ => (long)random.Next(8));
            var actual = new JointQuorum(incoming, outgoing).Reached(id => reached[id]);

            // The largest value that a majority of both sides has reached, found by trying each.
            var expected = Enumerable.Range(0, 8).Last(
                value => Has(incoming, id => reached[id] >= value) && Has(outgoing, id => reached[id] >= value));
            Assert.Equal(expected, actual);
        }
    }

    [Fact]
    public void The_outcome_of_votes_agrees_with_counting()
    {
        var random = new Random(2);
        for (var i = 0; i < Cases; i++)
        {
            var (incoming, outgoing) = (Voters(random, 1), Voters(random, 0));
            var votes = Enumerable.Range(1, 9).ToDictionary(
                id => new NodeId(id), _ => random.Next(3) switch { 0 => true, 1 => false, _ => default(bool?) });
            var actual = new JointQuorum(incoming, outgoing).Result(id => votes[id]);

            var isWon = Has(incoming, id => votes[id] is true) && Has(outgoing, id => votes[id] is true);
            var canBeWon = Has(incoming, id => votes[id] is not false) && Has(outgoing, id => votes[id] is not false);
            Assert.Equal(isWon ? VoteResult.Won : canBeWon ? VoteResult.Pending : VoteResult.Lost, actual);
        }
    }

    [Fact]
    public void More_voters_than_fit_on_the_stack_count_alike()
    {
        var voters = Enumerable.Range(1, 41).Select(i => new NodeId(i)).ToArray();
        Assert.Equal(21, new Majority(voters).Reached(id => id.Value));
    }

    [Fact]
    public void The_first_vote_of_a_voter_counts()
    {
        var tally = new VoteTally();
        var quorum = new JointQuorum([new NodeId(1)], []);
        tally.Record(new NodeId(1), granted: false);
        tally.Record(new NodeId(1), granted: true);
        Assert.Equal(VoteResult.Lost, tally.Result(quorum));
    }

    [Theory]
    [InlineData("1v 2v 3v", "1v 2v 3v 4v", true)]
    [InlineData("1v 2v 3v", "1v 2v", true)]
    [InlineData("1v 2v 3v", "1v 2v 3v 4l 5l", true)]
    [InlineData("1v 2v 3v", "1v 2v 4v", false)]
    [InlineData("1v 2v 3v", "1v", false)]
    [InlineData("1v 2v 3v", "1l 2l 3l", false)]
    [InlineData("1v 2v 3v", "", false)]
    [InlineData("1v 2v 3v", "1o 2o 3vo 4v 5v", true)]
    [InlineData("1v 2v 3v", "2o 3vo 4v 5v", false)]
    [InlineData("1v 2v 3v", "1o 2o 3o", false)]
    [InlineData("1o 2o 3vo 4v 5v", "1l 2l 3v 4v 5v", true)]
    [InlineData("1o 2o 3vo 4v 5v", "3v 4v 5v", false)]
    [InlineData("1o 2o 3vo 4v 5v", "1v 2v 3v", false)]
    public void A_step_is_safe_when_the_quorums_before_and_after_it_meet(string current, string next, bool isSafe) =>
        Assert.Equal(isSafe, MembershipRules.IsSafeStep(Parse(current), Parse(next)));

    /// <summary>Every step that the rules allow, checked by listing the quorums.</summary>
    [Fact]
    public void Quorums_of_consecutive_memberships_always_meet()
    {
        var random = new Random(3);
        var allowed = 0;
        for (var i = 0; i < Cases; i++)
        {
            var (current, next) = (RandomMembership(random), RandomMembership(random));
            if (current.Members.Any(m => m.IsVoter) && MembershipRules.IsSafeStep(current, next))
            {
                allowed++;
                Assert.True(AlwaysMeet(JointQuorum.Of(current), JointQuorum.Of(next)), $"{current} -> {next}");
            }
        }

        Assert.True(allowed > 1000);
    }

    private static bool AlwaysMeet(JointQuorum left, JointQuorum right)
    {
        const int AllMembers = 1 << 4;
        for (var members = 0; members < AllMembers; members++)
        {
            var set = members;
            if (left.Result(id => (set >> id.Value & 1) == 1) == VoteResult.Won
                && right.Result(id => (set >> id.Value & 1) == 0) == VoteResult.Won)
            {
                return false;
            }
        }

        return true;
    }

    private static Membership RandomMembership(Random random) => new(
        Enumerable.Range(0, 4).Where(_ => random.Next(4) > 0).Select(
            id => new Member(new NodeId(id), "a", random.Next(3) > 0, random.Next(3) == 0 && random.Next(2) == 0)));

    private static bool Has(NodeId[] voters, Func<NodeId, bool> holds) =>
        voters.Length == 0 || voters.Count(holds) * 2 > voters.Length;

    private static NodeId[] Voters(Random random, int min) =>
        [.. Enumerable.Range(1, 9).OrderBy(_ => random.Next()).Take(random.Next(min, 8)).Select(id => new NodeId(id))];

    private static Membership Parse(string members) =>
        Scripts.ScriptCommand.ParseMembership(members.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
