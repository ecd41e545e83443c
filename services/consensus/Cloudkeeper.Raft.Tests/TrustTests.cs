using Cloudkeeper.Raft.Tests.Bugs;

namespace Cloudkeeper.Raft.Tests;

/// <summary>No message ends a process, and members that do not vote decide nothing.</summary>
public sealed class TrustTests
{
    private static readonly NodeId Learner = new(4);
    private static readonly NodeId Stranger = new(9);

    public static TheoryData<int, string> Voices
    {
        get
        {
            var data = new TheoryData<int, string>();
            foreach (var kind in Kinds.Keys)
            {
                data.Add(Learner.Value, kind);
                data.Add(Stranger.Value, kind);
            }

            return data;
        }
    }

    private static Dictionary<string, Func<NodeId, Term, RaftMessage>> Kinds { get; } = new(StringComparer.Ordinal)
    {
        ["pre-vote?"] = (from, term) => new PreVoteRequest(from, Bench.One, term, new LogIndex(99), term),
        ["pre-vote"] = (from, term) => new PreVoteReply(from, Bench.One, term, Granted: false),
        ["vote?"] = (from, term) => new VoteRequest(from, Bench.One, term, new LogIndex(99), term, IsTransfer: true),
        ["vote"] = (from, term) => new VoteReply(from, Bench.One, term, Granted: true),
        ["append"] = (from, term) => Bench.Append(from, term.Value, 0, 0, 0, Bench.Entry(1, term.Value)),
        ["appended"] = (from, term) => new AppendReply(from, Bench.One, term, LogIndex.Zero, null, LogIndex.Zero, default),
        ["heartbeat"] = (from, term) => new HeartbeatRequest(from, Bench.One, term, LogIndex.Zero, 0),
        ["alive"] = (from, term) => new HeartbeatReply(from, Bench.One, term, 0),
        ["snapshot"] = (from, term) => new SnapshotRequest(
            from, Bench.One, term, new SnapshotMetadata(new LogIndex(99), term, Scripts.ScriptCommand.ParseMembership(["9v"]))),
        ["time out now"] = (from, term) => new TimeoutNowRequest(from, Bench.One, term, new LogIndex(1), new Term(1)),
    };

    [Theory]
    [MemberData(nameof(Voices))]
    public void A_sender_without_a_vote_deposes_no_leader_and_raises_no_term(int from, string kind)
    {
        var bench = new Bench(members: "1v 2v 3v 4l").Lead();
        var (term, last) = (bench.Raft.Term, bench.Raft.LastIndex);

        Assert.Equal(StepResult.Unproven, bench.Raft.Step(Kinds[kind](new NodeId(from), term.Next())));

        Assert.Empty(bench.Take());
        Assert.Equal((Role.Leader, term, last), (bench.Raft.Role, bench.Raft.Term, bench.Raft.LastIndex));
    }

    [Theory]
    [MemberData(nameof(Voices))]
    public void A_sender_without_a_vote_is_not_followed_either(int from, string kind)
    {
        var bench = new Bench(members: "1v 2v 3v 4l");
        var (term, last) = (bench.Raft.Term, bench.Raft.LastIndex);

        Assert.Equal(StepResult.Unproven, bench.Raft.Step(Kinds[kind](new NodeId(from), term.Next())));

        Assert.Empty(bench.Take());
        Assert.Equal((null, term, last), (bench.Raft.Leader, bench.Raft.Term, bench.Raft.LastIndex));
    }

    /// <summary>Its log may lack the entry by which the other has become a voter.</summary>
    [Fact]
    public void A_sender_that_voters_vouch_for_counts_until_the_own_log_has_a_membership()
    {
        var bench = new Bench(members: "1v 2v 3v 4l");
        var append = Bench.Append(Learner, 2, previous: 1, previousTerm: 1, commit: 1);
        Assert.Equal(StepResult.Unproven, bench.Raft.Step(append));

        bench.Raft.Vouch(Learner);
        Assert.Equal(StepResult.Taken, bench.Raft.Step(append));
        Assert.Equal(Learner, bench.Raft.Leader);

        var demotion = MembershipCodec.Encode(Scripts.ScriptCommand.ParseMembership(["1v", "2v", "3v", "4l", "5l"]));
        var entry = new LogEntry(new LogIndex(2), new Term(2), EntryKind.Membership, demotion);
        Assert.Equal(StepResult.Taken, bench.Raft.Step(Bench.Append(Learner, 2, 1, 1, 1, entry)));
        Assert.Equal(StepResult.Unproven, bench.Raft.Step(Bench.Vote(Learner, 3, 2, 2)));
    }

    /// <summary>It may be undone, and by the one that it takes out (found by a simulation with a hostile peer, seed 2067).</summary>
    [Fact]
    public void A_member_that_an_uncommitted_change_takes_out_is_known_and_counts()
    {
        var bench = new Bench().Lead();
        Assert.Equal(
            ProposeStatus.Accepted,
            bench.Raft.ProposeMembership(Scripts.ScriptCommand.ParseMembership(["1v", "3v"])).Status);
        Assert.Null(bench.Raft.Membership.Find(Bench.Two));

        Assert.Equal(Bench.Two, bench.Raft.FindMember(Bench.Two)?.Id);
        Assert.Equal(StepResult.Taken, bench.Raft.Step(Bench.Append(Bench.Two, 3, 2, 2, 1)));
        Assert.Equal(Bench.Two, bench.Raft.Leader);
    }

    [Fact]
    public void No_term_is_followed_that_no_row_of_elections_can_reach()
    {
        var bench = new Bench();
        Assert.Equal(StepResult.Violation, bench.Raft.Step(Bench.Append(Bench.Two, long.MaxValue, 1, 1, 1)));
        Assert.Equal(
            StepResult.Violation, bench.Raft.Step(Bench.Append(Bench.Two, 2 + RaftNode.TermDistanceMax, 1, 1, 1)));
        Assert.Equal(new Term(1), bench.Raft.Term);
        Assert.Equal(
            StepResult.Taken, bench.Raft.Step(Bench.Append(Bench.Two, 1 + RaftNode.TermDistanceMax, 1, 1, 1)));
    }

    [Fact]
    public void A_leaders_commit_index_beyond_the_log_is_not_believed()
    {
        var bench = new Bench();
        var heartbeat = new HeartbeatRequest(Bench.Two, Bench.One, new Term(2), new LogIndex(1), 0);
        Assert.Equal(StepResult.Taken, bench.Raft.Step(heartbeat));
        Assert.Equal(StepResult.Violation, bench.Raft.Step(heartbeat with { Commit = new LogIndex(2) }));
        Assert.Equal(new LogIndex(1), bench.Raft.CommitIndex);
    }

    [Fact]
    public void An_acknowledgement_beyond_the_log_does_not_count()
    {
        var bench = new Bench().Lead();
        var reply = new AppendReply(
            Bench.Two, Bench.One, bench.Raft.Term, bench.Raft.LastIndex.Next(), null, LogIndex.Zero, default);
        Assert.Equal(StepResult.Violation, bench.Raft.Step(reply));
        Assert.Equal(StepResult.Violation, bench.Raft.Step(new HeartbeatReply(Bench.Two, Bench.One, bench.Raft.Term, 99)));
    }

    [Fact]
    public void A_membership_without_voters_is_not_taken()
    {
        var bench = new Bench();
        var learners = MembershipCodec.Encode(Scripts.ScriptCommand.ParseMembership(["1l", "2l"]));
        var entry = new LogEntry(new LogIndex(2), new Term(1), EntryKind.Membership, learners);
        Assert.Equal(StepResult.Violation, bench.Raft.Step(Bench.Append(Bench.Two, 1, 1, 1, 1, entry)));
    }

    /// <summary>AT-14: any message of any sender.</summary>
    [Fact]
    public void No_message_throws_and_senders_without_a_vote_change_nothing()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var bench = new Bench(members: "1v 2v 3v 4l", terms: [1, 1, 1]);
            if (random.Next(2) == 0)
            {
                bench.Lead(committed: random.Next(2) == 0);
            }

            for (var i = 0; i < 100; i++)
            {
                var before = (bench.Raft.Term, bench.Raft.Role, bench.Raft.Leader, bench.Raft.LastIndex, bench.Raft.CommitIndex);
                var message = AnyMessage(random, bench.Raft);
                bench.Step(message);
                var after = (bench.Raft.Term, bench.Raft.Role, bench.Raft.Leader, bench.Raft.LastIndex, bench.Raft.CommitIndex);
                Assert.True(message.From.Value is 2 or 3 || before == after, $"seed {seed}: {message}");
                Assert.True(after.Term.Value - before.Term.Value <= RaftNode.TermDistanceMax, $"seed {seed}: {message}");
                bench.Tick(random.Next(3));
            }
        }
    }

    private static RaftMessage AnyMessage(Random random, RaftNode node)
    {
        var (from, term) = (new NodeId(random.Next(2, 8)), new Term(AnyOf(node.Term.Value)));
        LogIndex Index() => new(AnyOf(random.Next(2) == 0 ? node.LastIndex.Value : node.CommitIndex.Value));
        var lastTerm = new Term(AnyOf(node.Term.Value));
        return random.Next(10) switch
        {
            0 => new PreVoteRequest(from, Bench.One, term, Index(), lastTerm),
            1 => new PreVoteReply(from, Bench.One, term, random.Next(2) == 0),
            2 => new VoteRequest(from, Bench.One, term, Index(), lastTerm, random.Next(2) == 0),
            3 => new VoteReply(from, Bench.One, term, random.Next(2) == 0),
            4 or 5 => AnyAppend(random, from, term, Index(), lastTerm, Index()),
            6 => new AppendReply(from, Bench.One, term, Index(), random.Next(2) == 0 ? Index() : null, Index(), lastTerm),
            7 => new HeartbeatRequest(from, Bench.One, term, Index(), AnyOf(0)),
            8 => new HeartbeatReply(from, Bench.One, term, AnyOf(0)),
            _ => new TimeoutNowRequest(from, Bench.One, term, Index(), lastTerm),
        };

        long AnyOf(long near) => random.Next(8) switch
        {
            0 => long.MaxValue,
            1 => long.MinValue,
            2 => LogIndex.Largest,
            3 => 0,
            _ => near + random.Next(-2, 3),
        };
    }

    private static AppendRequest AnyAppend(
        Random random, NodeId from, Term term, LogIndex previous, Term previousTerm, LogIndex commit)
    {
        var entries = new LogEntry[random.Next(4)];
        for (var i = 0; i < entries.Length; i++)
        {
            var index = random.Next(10) == 0 ? new LogIndex(random.Next(10)) : new LogIndex(unchecked(previous.Value + i + 1));
            var kind = random.Next(5) == 0 ? EntryKind.Membership : EntryKind.Command;
            var payload = new byte[random.Next(20)];
            random.NextBytes(payload);
            entries[i] = new LogEntry(index, random.Next(3) == 0 ? previousTerm : term, kind, payload);
        }

        return new AppendRequest(from, Bench.One, term, previous, previousTerm, entries, commit);
    }
}
