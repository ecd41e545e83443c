namespace Cloudkeeper.Raft.Tests.Bugs;

public sealed class ReadTests
{
    [Fact]
    public void B35_a_leader_that_has_not_committed_in_its_term_answers_no_read()
    {
        var bench = new Bench().Lead(committed: false);
        Assert.True(bench.Raft.ReadIndex(7));
        Assert.DoesNotContain(bench.Take(), m => m is HeartbeatRequest { Round: > 0 });
        bench.Step(new HeartbeatReply(Bench.Two, Bench.One, new Term(2), Round: 0));
        Assert.Empty(bench.Reads);

        bench.Acknowledge(Bench.Two);
        bench.Step(new HeartbeatReply(Bench.Two, Bench.One, new Term(2), Round: 1));
        Assert.Equal(new ReadState(7, new LogIndex(2), new Term(2)), Assert.Single(bench.Reads));
    }

    [Fact]
    public void B36_a_repeated_answer_to_an_old_round_confirms_no_later_read()
    {
        var bench = new Bench().Lead();
        var answer = new HeartbeatReply(Bench.Two, Bench.One, new Term(2), Round: 1);
        Assert.True(bench.Raft.ReadIndex(1));
        bench.Take();
        bench.Step(answer);
        Assert.Single(bench.Reads);

        // The same ticket, asked again, is another read.
        Assert.True(bench.Raft.ReadIndex(1));
        bench.Take();
        bench.Step(answer);
        bench.Step(answer with { From = Bench.Three });
        Assert.Single(bench.Reads);
        bench.Step(answer with { Round = 2 });
        Assert.Equal(2, bench.Reads.Count);
    }

    [Fact]
    public void B38_no_read_is_answered_without_a_quorum()
    {
        var bench = new Bench(members: "1v 2v 3l").Lead();
        bench.Raft.ReadIndex(1);
        bench.Take();
        bench.Step(new HeartbeatReply(Bench.Three, Bench.One, new Term(2), Round: 1));
        bench.Step(new HeartbeatReply(Bench.Two, Bench.One, new Term(2), Round: 99));
        Assert.Empty(bench.Reads);
    }

    [Fact]
    public void B39_no_read_begins_while_leadership_is_handed_over()
    {
        var bench = new Bench().Lead();
        Assert.True(bench.Raft.TransferLeadership(Bench.Two));
        Assert.False(bench.Raft.ReadIndex(1));
    }

    [Fact]
    public void All_reads_that_wait_share_one_round()
    {
        var bench = new Bench().Lead();
        for (var ticket = 0; ticket < 100; ticket++)
        {
            bench.Raft.ReadIndex(ticket);
        }

        Assert.Equal(2, bench.Take().OfType<HeartbeatRequest>().Count());
        bench.Step(new HeartbeatReply(Bench.Three, Bench.One, new Term(2), Round: 1));
        Assert.Equal(100, bench.Reads.Count);
    }

    [Fact]
    public void A_lost_leadership_takes_its_reads_along()
    {
        var bench = new Bench().Lead();
        bench.Raft.ReadIndex(1);
        bench.Take();
        bench.Step(Bench.Append(Bench.Two, 3, previous: 2, previousTerm: 2, commit: 2));
        bench.Lead();
        bench.Step(new HeartbeatReply(Bench.Two, Bench.One, bench.Raft.Term, Round: 0));
        Assert.Empty(bench.Reads);
    }

    [Fact]
    public void Between_heartbeats_a_round_asks_only_the_quickest_of_the_last_one()
    {
        var bench = new Bench().Lead();
        bench.Raft.ReadIndex(1);
        Assert.Equal([Bench.Two, Bench.Three], Asked(bench));
        bench.Step(new HeartbeatReply(Bench.Three, Bench.One, new Term(2), Round: 1));
        bench.Step(new HeartbeatReply(Bench.Two, Bench.One, new Term(2), Round: 1));

        bench.Raft.ReadIndex(2);
        Assert.Equal([Bench.Three], Asked(bench));
        bench.Step(new HeartbeatReply(Bench.Three, Bench.One, new Term(2), Round: 2));
        Assert.Equal([1, 2], bench.Reads.Select(r => r.Ticket));
    }

    [Fact]
    public void A_round_whose_member_is_silent_goes_to_all_with_the_next_heartbeat()
    {
        var bench = new Bench().Lead();
        bench.Raft.ReadIndex(1);
        bench.Take();
        bench.Step(new HeartbeatReply(Bench.Three, Bench.One, new Term(2), Round: 1));
        bench.Raft.ReadIndex(2);
        bench.Take();

        bench.Raft.Tick();
        Assert.Equal([Bench.Two, Bench.Three], Asked(bench));
        bench.Step(new HeartbeatReply(Bench.Two, Bench.One, new Term(2), Round: 2));
        Assert.Equal([1, 2], bench.Reads.Select(r => r.Ticket));

        // And it is not asked again before it answers.
        bench.Raft.ReadIndex(3);
        Assert.Equal([Bench.Two], Asked(bench));
    }

    [Fact]
    public void A_learner_that_answers_first_does_not_make_a_round_smaller()
    {
        var bench = new Bench(members: "1v 2v 3v 4l").Lead();
        bench.Raft.ReadIndex(1);
        bench.Take();
        bench.Step(new HeartbeatReply(new NodeId(4), Bench.One, new Term(2), Round: 1));
        bench.Step(new HeartbeatReply(Bench.Two, Bench.One, new Term(2), Round: 1));
        bench.Raft.ReadIndex(2);
        Assert.Equal([Bench.Two], Asked(bench));
    }

    [Fact]
    public void A_round_of_five_members_asks_two_others()
    {
        var bench = new Bench(members: "1v 2v 3v 4v 5v");
        bench.Raft.Campaign();
        bench.Step(new PreVoteReply(Bench.Three, Bench.One, new Term(2), Granted: true));
        bench.Step(new PreVoteReply(Bench.Two, Bench.One, new Term(2), Granted: true));
        bench.Step(new VoteReply(Bench.Three, Bench.One, new Term(2), Granted: true));
        bench.Step(new VoteReply(Bench.Two, Bench.One, new Term(2), Granted: true));
        bench.Acknowledge(Bench.Two);
        bench.Acknowledge(Bench.Three);
        bench.Raft.ReadIndex(1);
        Assert.Equal(4, Asked(bench).Length);
        foreach (var id in (int[])[4, 2, 5, 3])
        {
            bench.Step(new HeartbeatReply(new NodeId(id), Bench.One, new Term(2), Round: 1));
        }

        bench.Raft.ReadIndex(2);
        Assert.Equal([Bench.Two, new NodeId(4)], Asked(bench));
    }

    private static NodeId[] Asked(Bench bench) => [.. bench.Take().OfType<HeartbeatRequest>().Select(m => m.To)];
}
