namespace Cloudkeeper.Raft.Tests.Bugs;

public sealed class ReplicationTests
{
    [Fact]
    public void B17_an_old_append_that_agrees_shortens_nothing_and_a_contradiction_is_replaced_from_there_only()
    {
        var bench = new Bench(terms: [1, 1, 2], term: 2);
        bench.Step(Bench.Append(Bench.Two, 3, 1, 1, commit: 1, Bench.Entry(2, 1)));
        Assert.Equal(4, bench.Raft.LastIndex.Value);

        bench.Step(Bench.Append(Bench.Two, 3, 1, 1, commit: 1, Bench.Entry(2, 1), Bench.Entry(3, 3)));
        Assert.Equal(3, bench.Raft.LastIndex.Value);
        Assert.True(bench.Raft.TryTermAt(new LogIndex(3), out var term) && term == new Term(3));
    }

    /// <summary>What lies behind the append may contradict the leader's log: the commit index does not reach there.</summary>
    [Fact]
    public void An_append_commits_nothing_behind_its_own_end()
    {
        var bench = new Bench(terms: [1, 1]);
        bench.Step(Bench.Append(Bench.Two, 2, previous: 2, previousTerm: 1, commit: 3));
        Assert.Equal((2, 3), (bench.Raft.CommitIndex.Value, bench.Raft.LastIndex.Value));
    }

    [Fact]
    public void B20_an_entry_that_only_the_leader_has_is_not_committed()
    {
        var bench = new Bench(members: "1v 2v 3v 4v", term: 1);
        bench.Raft.Campaign();
        bench.Step(new PreVoteReply(Bench.Two, Bench.One, new Term(2), Granted: true));
        bench.Step(new PreVoteReply(Bench.Three, Bench.One, new Term(2), Granted: true));
        bench.Step(new VoteReply(Bench.Two, Bench.One, new Term(2), Granted: true));
        Assert.Equal(Role.Candidate, bench.Raft.Role);
        bench.Step(new VoteReply(Bench.Three, Bench.One, new Term(2), Granted: true));
        bench.Acknowledge(Bench.Two);
        Assert.Equal(1, bench.Raft.CommitIndex.Value);
        bench.Acknowledge(Bench.Three);
        Assert.Equal(2, bench.Raft.CommitIndex.Value);
    }

    [Fact]
    public void B21_acknowledgements_of_learners_and_strangers_do_not_count()
    {
        var bench = new Bench(members: "1v 2v 3l").Lead();
        bench.Raft.Propose(new byte[] { 1 });
        bench.Take();
        bench.Acknowledge(Bench.Three);
        bench.Acknowledge(new NodeId(9));
        Assert.Equal(2, bench.Raft.CommitIndex.Value);
    }

    [Fact]
    public void B23_an_acknowledgement_of_another_term_does_not_count()
    {
        var bench = new Bench(term: 4).Lead();
        var proposed = bench.Raft.Propose(new byte[] { 1 });
        bench.Take();
        bench.Step(new AppendReply(Bench.Two, Bench.One, new Term(4), proposed.Index, null, LogIndex.Zero, default));
        Assert.Equal(2, bench.Raft.CommitIndex.Value);
    }

    [Fact]
    public void B23_a_match_beyond_the_leaders_log_is_not_believed()
    {
        var bench = new Bench().Lead();
        bench.Raft.Propose(new byte[] { 1 });
        bench.Take();
        bench.Step(new AppendReply(Bench.Two, Bench.One, new Term(2), new LogIndex(99), null, LogIndex.Zero, default));
        Assert.Equal(2, bench.Raft.CommitIndex.Value);
    }

    /// <summary>
    /// The first entry at an index, another, and the first again: three writes, of which only the last counts.
    /// </summary>
    [Fact]
    public void B27_the_completion_of_an_old_write_does_not_count_for_a_rewritten_entry()
    {
        var bench = new Bench { SlowDisk = new Queue<RaftWrite>() };
        bench.Step(Bench.Append(Bench.Two, 2, 1, 1, commit: 1, Bench.Entry(2, 2)));
        bench.Step(Bench.Append(Bench.Three, 3, previous: 1, previousTerm: 1, commit: 1, Bench.Entry(2, 3)));
        bench.Step(Bench.Append(Bench.Two, 4, 1, 1, commit: 2, Bench.Entry(2, 2), Bench.Entry(3, 4)));

        Assert.Empty(bench.Stored());
        Assert.Equal(1, bench.Raft.StableIndex.Value);
        Assert.Empty(bench.Stored());
        Assert.Equal(1, bench.Raft.StableIndex.Value);
        Assert.DoesNotContain(bench.Committed, e => e.Index.Value > 1);

        var reply = Assert.IsType<AppendReply>(Assert.Single(bench.Stored()));
        Assert.Equal((new Term(4), 3), (reply.Term, reply.MatchIndex.Value));
        Assert.Equal([2], bench.Committed.Select(e => e.Index.Value).Where(i => i > 1));
    }

    [Fact]
    public void B28_the_end_of_a_write_is_the_end_of_all_before_it()
    {
        var bench = new Bench { SlowDisk = new Queue<RaftWrite>() };
        for (var index = 2; index < 5; index++)
        {
            bench.Step(Bench.Append(Bench.Two, 1, index - 1, previousTerm: 1, commit: 1, Bench.Entry(index, 1)));
        }

        bench.Raft.StorageDone(bench.SlowDisk.Last().Sequence);
        Assert.Equal(4, bench.Raft.StableIndex.Value);
        Assert.Equal([2, 3, 4], bench.Take().Cast<AppendReply>().Select(r => r.MatchIndex.Value));

        // Late word of what is known is harmless, of what was never written it is a bug.
        bench.Raft.StorageDone(bench.SlowDisk.First().Sequence);
        Assert.Throws<InvariantViolationException>(() => bench.Raft.StorageDone(99));
    }

    [Fact]
    public void Appends_that_go_into_one_write_are_acknowledged_together()
    {
        var bench = new Bench();
        for (var index = 2; index < 5; index++)
        {
            bench.Raft.Step(Bench.Append(Bench.Two, 1, index - 1, previousTerm: 1, commit: 1, Bench.Entry(index, 1)));
        }

        Assert.Equal(4, Assert.IsType<AppendReply>(Assert.Single(bench.Take())).MatchIndex.Value);
    }

    [Fact]
    public void B29_an_entry_of_a_quorum_is_committed_but_not_applied_before_the_own_disk_has_it()
    {
        var bench = new Bench { SlowDisk = new Queue<RaftWrite>() };
        bench.Step(Bench.Append(Bench.Two, 1, 1, 1, commit: 3, Bench.Entry(2, 1), Bench.Entry(3, 1)));
        Assert.Equal(3, bench.Raft.CommitIndex.Value);
        Assert.Single(bench.Committed);
        bench.Stored();
        Assert.Equal(3, bench.Committed.Count);
    }

    [Fact]
    public void B34_a_decision_of_another_term_is_not_proposed()
    {
        var bench = new Bench().Lead();
        Assert.Equal(ProposeStatus.NotLeader, bench.Raft.Propose(default, onlyIn: new Term(1)).Status);
        Assert.Equal(ProposeStatus.Accepted, bench.Raft.Propose(default, onlyIn: new Term(2)).Status);
    }

    [Fact]
    public void B53_an_append_with_a_gap_is_dropped()
    {
        var bench = new Bench();
        Assert.Empty(bench.Step(Bench.Append(Bench.Two, 1, 1, 1, commit: 1, Bench.Entry(3, 1))));
        Assert.Empty(bench.Step(Bench.Append(Bench.Two, 1, 1, 1, 1, Bench.Entry(2, 1), Bench.Entry(4, 1))));
        Assert.Empty(bench.Step(Bench.Append(Bench.Two, 1, 1, 1, 1, Bench.Entry(2, 2))));
        Assert.Equal(1, bench.Raft.LastIndex.Value);
    }

    [Fact]
    public void Proposals_are_refused_while_too_much_is_uncommitted()
    {
        var options = RaftOptions.Default with { UncommittedBytesMax = 200 };
        var bench = new Bench(options: options).Lead();
        Assert.Equal(ProposeStatus.Accepted, bench.Raft.Propose(new byte[1000]).Status);
        Assert.Equal(ProposeStatus.Overloaded, bench.Raft.Propose(new byte[1]).Status);
        bench.Take();
        bench.Acknowledge(Bench.Two);
        Assert.Equal(ProposeStatus.Accepted, bench.Raft.Propose(new byte[100]).Status);
        Assert.Equal(ProposeStatus.Overloaded, bench.Raft.Propose(new byte[100]).Status);
    }

    [Fact]
    public void A_second_leader_of_one_term_is_not_believed()
    {
        var bench = new Bench();
        bench.Step(Bench.Append(Bench.Two, 2, 1, 1, commit: 1));
        var second = Bench.Append(Bench.Three, 2, previous: 1, previousTerm: 1, commit: 1);
        Assert.Equal(StepResult.Violation, bench.Raft.Step(second));
        Assert.Equal(Bench.Two, bench.Raft.Leader);
    }

    [Fact]
    public void Committed_entries_leave_in_parts_that_are_not_too_large()
    {
        var bench = new Bench(options: RaftOptions.Default with { ApplyBytesMax = 40 });
        bench.Raft.Step(Bench.Append(Bench.Two, 1, 1, 1, commit: 4, Bench.Entry(2, 1), Bench.Entry(3, 1), Bench.Entry(4, 1)));
        bench.Take();
        Assert.Equal([1, 2, 3, 4], bench.Committed.Select(e => e.Index.Value));
    }

    [Fact]
    public void Settings_that_cannot_work_are_all_named()
    {
        var options = new RaftOptions { ElectionTicks = 2, HeartbeatTicks = 1, InFlightMax = 0 };
        Assert.Equal(
            ["ElectionTicks", "HeartbeatTicks", "InFlightMax"],
            [.. options.Problems().Select(p => p[..p.IndexOf(' ', StringComparison.Ordinal)])]);
    }
}
