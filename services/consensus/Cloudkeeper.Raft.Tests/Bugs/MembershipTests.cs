namespace Cloudkeeper.Raft.Tests.Bugs;

public sealed class MembershipTests
{
    [Fact]
    public void B02_a_leader_changes_no_members_before_it_has_committed_in_its_term()
    {
        var bench = new Bench().Lead(committed: false);
        Assert.Equal(ProposeStatus.MembershipBusy, Propose(bench, "1v 2v"));

        bench.Acknowledge(Bench.Two);
        Assert.Equal(ProposeStatus.Accepted, Propose(bench, "1v 2v"));
        Assert.Equal(ProposeStatus.MembershipBusy, Propose(bench, "1v"));
        Assert.False(bench.Raft.IsMembershipSettled);
    }

    [Theory]
    [InlineData("1v", ProposeStatus.Accepted)]
    [InlineData("1v 2l", ProposeStatus.Accepted)]
    [InlineData("1v 2v 4v 5l", ProposeStatus.Accepted)]
    [InlineData("1vo 2o 4v", ProposeStatus.Accepted)]
    [InlineData("1v 4v", ProposeStatus.MembershipUnsafe)]
    [InlineData("1vo 4v", ProposeStatus.MembershipUnsafe)]
    [InlineData("1vo 2vo 4vo", ProposeStatus.MembershipUnsafe)]
    [InlineData("1l 2l", ProposeStatus.MembershipUnsafe)]
    public void B02_no_step_is_taken_that_could_make_two_majorities(string next, ProposeStatus expected) =>
        Assert.Equal(expected, Propose(new Bench(members: "1v 2v").Lead(), next));

    /// <summary>A former owner of the id may have voted under it, and the new one would not know.</summary>
    [Fact]
    public void B15_an_id_is_not_given_again()
    {
        var bench = new Bench().Lead();
        Assert.Equal(ProposeStatus.Accepted, Propose(bench, "1v 2v"));
        bench.Acknowledge(Bench.Two);
        Assert.True(bench.Raft.IsMembershipSettled);

        Assert.Equal(ProposeStatus.MembershipUnsafe, Propose(bench, "1v 2v 3l"));
        Assert.Equal(ProposeStatus.Accepted, Propose(bench, "1v 2v 4l"));
    }

    [Fact]
    public void B15_a_member_that_has_arrived_stays_the_one_that_it_is()
    {
        var bench = new Bench().Lead();
        var two = bench.Raft.Membership.Find(Bench.Two)!;
        Assert.Equal(ProposeStatus.Accepted, Propose(bench, two with { Instance = new Guid(1, 0, 0, new byte[8]) }));
        bench.Acknowledge(Bench.Two);

        Assert.Equal(ProposeStatus.MembershipUnsafe, Propose(bench, two with { Instance = new Guid(2, 0, 0, new byte[8]) }));
        Assert.Equal(ProposeStatus.MembershipUnsafe, Propose(bench, two));
    }

    [Fact]
    public void A_new_member_has_time_to_answer_before_it_counts_as_silent()
    {
        var bench = new Bench().Lead();
        bench.Tick(9);
        Propose(bench, "1v 2v 3v 4l");
        Assert.True(bench.Raft.IsActive(new NodeId(4)));

        // One check later it may still come, after two it is not there.
        bench.Step(new HeartbeatReply(Bench.Two, Bench.One, bench.Raft.Term, 0));
        bench.Tick(1);
        Assert.True(bench.Raft.IsActive(new NodeId(4)));
        bench.Step(new HeartbeatReply(Bench.Two, Bench.One, bench.Raft.Term, 0));
        bench.Tick(10);
        Assert.False(bench.Raft.IsActive(new NodeId(4)));
        Assert.Equal(Role.Leader, bench.Raft.Role);
    }

    private static ProposeStatus Propose(Bench bench, string members)
    {
        var result = bench.Raft.ProposeMembership(Scripts.ScriptCommand.ParseMembership(members.Split(' ')));
        bench.Take();
        return result.Status;
    }

    private static ProposeStatus Propose(Bench bench, Member changed)
    {
        var members = bench.Raft.Membership.Members.Select(m => m.Id == changed.Id ? changed : m);
        var result = bench.Raft.ProposeMembership(new Membership(members));
        bench.Take();
        return result.Status;
    }
}
