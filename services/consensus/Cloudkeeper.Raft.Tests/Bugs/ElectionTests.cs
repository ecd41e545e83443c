namespace Cloudkeeper.Raft.Tests.Bugs;

public sealed class ElectionTests
{
    [Fact]
    public void B03_a_vote_is_kept_when_the_leader_of_the_same_term_appears()
    {
        var bench = new Bench();
        bench.Raft.Campaign();
        bench.Step(new PreVoteReply(Bench.Two, Bench.One, new Term(2), Granted: true));
        Assert.Equal(Role.Candidate, bench.Raft.Role);

        bench.Step(Bench.Append(Bench.Two, term: 2, previous: 1, previousTerm: 1, commit: 1));
        Assert.Equal(Role.Follower, bench.Raft.Role);
        var reply = Assert.IsType<VoteReply>(Assert.Single(bench.Step(Bench.Vote(Bench.Three, 2, last: 9, lastTerm: 1))));
        Assert.False(reply.Granted);
    }

    [Fact]
    public void A_member_that_avoids_leadership_leaves_four_election_timeouts_to_the_others()
    {
        var eager = new Bench();
        var reluctant = new Bench();
        reluctant.Raft.AvoidsLeadership = true;
        var patience = 0;
        while (eager.Raft.Role == Role.Follower)
        {
            eager.Tick(1);
            patience++;
        }

        reluctant.Tick((4 * patience) - 1);
        Assert.Equal(Role.Follower, reluctant.Raft.Role);
        reluctant.Tick(1);
        Assert.Equal(Role.PreCandidate, reluctant.Raft.Role);
    }

    [Fact]
    public void A_member_that_avoids_leadership_does_not_take_it_when_it_is_handed_over()
    {
        var bench = new Bench();
        bench.Raft.AvoidsLeadership = true;
        var handOver = new TimeoutNowRequest(Bench.Two, Bench.One, new Term(1), new LogIndex(1), new Term(1));

        Assert.Empty(bench.Step(handOver));
        Assert.Equal(Role.Follower, bench.Raft.Role);

        bench.Raft.AvoidsLeadership = false;
        Assert.NotEmpty(bench.Step(handOver));
    }

    [Fact]
    public void B04_term_and_vote_are_one_write_and_the_reply_waits_for_it()
    {
        var bench = new Bench { SlowDisk = new Queue<RaftWrite>() };
        Assert.Empty(bench.Step(Bench.Vote(Bench.Two, 5, last: 1, lastTerm: 1)));
        var written = bench.SlowDisk.Single().HardState!.Value;
        Assert.Equal((new Term(5), Bench.Two), (written.Term, written.Vote));
        Assert.IsType<VoteReply>(Assert.Single(bench.Stored()));
    }

    [Fact]
    public void B06_a_vote_is_repeated_to_the_same_candidate_and_refused_to_another()
    {
        var bench = new Bench();
        for (var i = 0; i < 2; i++)
        {
            Assert.True(Assert.IsType<VoteReply>(Assert.Single(bench.Step(Bench.Vote(Bench.Two, 2, 1, 1)))).Granted);
        }

        Assert.False(Assert.IsType<VoteReply>(Assert.Single(bench.Step(Bench.Vote(Bench.Three, 2, 1, 1)))).Granted);
    }

    [Fact]
    public void B08_a_request_with_an_old_term_is_answered_with_the_present_one_even_under_a_leader()
    {
        var bench = new Bench(term: 7);
        bench.Step(Bench.Append(Bench.Two, term: 7, previous: 1, previousTerm: 1, commit: 1));
        var asked = new PreVoteRequest(Bench.Three, Bench.One, new Term(3), new LogIndex(1), new Term(1));
        var reply = Assert.IsType<PreVoteReply>(Assert.Single(bench.Step(asked)));
        Assert.Equal((new Term(7), false), (reply.Term, reply.Granted));
    }

    [Fact]
    public void B09_a_member_that_asks_for_a_pre_vote_believes_in_no_leader_itself()
    {
        var bench = new Bench();
        bench.Step(Bench.Append(Bench.Two, term: 1, previous: 1, previousTerm: 1, commit: 1));
        var asked = new PreVoteRequest(Bench.Three, Bench.One, new Term(2), new LogIndex(1), new Term(1));
        Assert.False(Assert.IsType<PreVoteReply>(Assert.Single(bench.Step(asked))).Granted);

        bench.Raft.Campaign();
        bench.Take();
        Assert.Null(bench.Raft.Leader);
        Assert.True(Assert.IsType<PreVoteReply>(Assert.Single(bench.Step(asked))).Granted);
    }

    [Fact]
    public void B10_a_vote_request_under_a_live_leader_does_not_even_raise_the_term()
    {
        var bench = new Bench();
        bench.Step(Bench.Append(Bench.Two, term: 1, previous: 1, previousTerm: 1, commit: 1));
        Assert.Empty(bench.Step(Bench.Vote(Bench.Three, 9, last: 9, lastTerm: 8)));
        Assert.Equal(new Term(1), bench.Raft.Term);

        // Unless the leader asked for it.
        bench.Step(Bench.Vote(Bench.Three, 9, last: 9, lastTerm: 8, isTransfer: true));
        Assert.Equal(new Term(9), bench.Raft.Term);
    }

    [Fact]
    public void B11_late_answers_to_a_won_question_start_nothing()
    {
        var bench = new Bench().Lead();
        Assert.Empty(bench.Step(new PreVoteReply(Bench.Three, Bench.One, new Term(2), Granted: true)));
        Assert.Empty(bench.Step(new PreVoteReply(Bench.Three, Bench.One, new Term(3), Granted: true)));
        Assert.Equal((Role.Leader, new Term(2)), (bench.Raft.Role, bench.Raft.Term));
    }

    [Fact]
    public void B12_a_hopeless_candidate_does_not_keep_the_others_from_standing()
    {
        var bench = new Bench(terms: [1, 1]);
        var said = new List<RaftMessage>();
        for (var term = 2; term <= 12; term++)
        {
            bench.Step(Bench.Vote(Bench.Three, term, last: 1, lastTerm: 1));
            said.AddRange(bench.Tick(2));
        }

        Assert.Contains(said, m => m is PreVoteRequest);
    }

    [Fact]
    public void B13_a_leader_that_is_asked_to_stand_goes_on_leading()
    {
        var bench = new Bench().Lead();
        bench.Raft.Campaign();
        Assert.Empty(bench.Take());
        Assert.Equal((Role.Leader, new Term(2)), (bench.Raft.Role, bench.Raft.Term));
    }

    [Fact]
    public void B14_a_learner_never_stands()
    {
        var bench = new Bench(members: "1l 2v 3v");
        bench.Raft.Campaign();
        Assert.Empty(bench.Tick(100));
        Assert.Empty(bench.Step(new TimeoutNowRequest(Bench.Two, Bench.One, new Term(1), new LogIndex(1), new Term(1))));
        Assert.Equal(Role.Follower, bench.Raft.Role);
    }

    [Fact]
    public void B14_leadership_is_not_handed_to_a_learner()
    {
        var bench = new Bench(members: "1v 2v 3l").Lead();
        Assert.False(bench.Raft.TransferLeadership(Bench.Three));
        Assert.True(bench.Raft.TransferLeadership(null));
        Assert.Equal(Bench.Two, Assert.Single(bench.Take()).To);
    }

    [Fact]
    public void B15_a_learner_is_a_learner_after_a_restart()
    {
        var membership = Scripts.ScriptCommand.ParseMembership(["1l", "2v"]);
        var snapshot = new SnapshotMetadata(new LogIndex(5), new Term(2), membership);
        var bench = new Bench(new RecoveredState(new HardState(new Term(2), null, new LogIndex(5)), snapshot, []));
        Assert.Empty(bench.Tick(100));
        Assert.Equal(membership, bench.Raft.Membership);
    }

    [Fact]
    public void B16_a_member_without_the_leaders_last_entry_does_not_take_over()
    {
        var bench = new Bench();
        Assert.Empty(bench.Step(new TimeoutNowRequest(Bench.Two, Bench.One, new Term(1), new LogIndex(2), new Term(1))));
        Assert.Equal(Role.Follower, bench.Raft.Role);

        bench.Step(new TimeoutNowRequest(Bench.Two, Bench.One, new Term(1), new LogIndex(1), new Term(1)));
        Assert.Equal(Role.Candidate, bench.Raft.Role);
    }

    [Fact]
    public void Timeouts_lie_between_one_and_two_election_timeouts_and_differ()
    {
        var seen = new HashSet<int>();
        for (var seed = 0; seed < 200; seed++)
        {
            var state = RecoveredState.Bootstrap(Scripts.ScriptCommand.ParseMembership(["1v", "2v"]));
            var raft = new RaftNode(Bench.One, RaftOptions.Default, state, new Random(seed));
            var ticks = 0;
            while (raft.Role == Role.Follower)
            {
                raft.Tick();
                ticks++;
            }

            seen.Add(ticks);
        }

        Assert.Equal(Enumerable.Range(10, 11), seen.Order());
    }

    /// <summary>
    /// It never stands for election, where it would learn of its removal when no message could reach it.
    /// </summary>
    [Fact]
    public void A_learner_forgets_a_leader_that_has_fallen_silent()
    {
        var bench = new Bench(members: "1l 2v 3v");
        bench.Step(Bench.Append(Bench.Two, term: 1, previous: 1, previousTerm: 1, commit: 1));
        Assert.Equal(Bench.Two, bench.Raft.Leader);

        for (var tick = 0; tick < RaftOptions.Default.ElectionTicks; tick++)
        {
            Assert.Equal(Bench.Two, bench.Raft.Leader);
            bench.Raft.Tick();
        }

        for (var tick = 0; tick < RaftOptions.Default.ElectionTicks; tick++)
        {
            bench.Raft.Tick();
        }

        Assert.Null(bench.Raft.Leader);
        Assert.Equal(Role.Follower, bench.Raft.Role);
        Assert.Empty(bench.Take());
    }
}
