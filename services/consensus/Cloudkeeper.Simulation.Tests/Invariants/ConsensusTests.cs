using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Invariants;
using Cloudkeeper.Simulation.Invariants.Consensus;
using Cloudkeeper.Simulation.Invariants.Reads;
using Cloudkeeper.Simulation.Oracle;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Tests.Invariants;

/// <summary>Each invariant of the consensus, with what it must let pass and what it must not.</summary>
public sealed class ConsensusTests
{
    private static readonly NodeId One = new(1);
    private static readonly NodeId Two = new(2);

    private readonly EntryRegistry _registry = new(new Scheduler(new SimulationRandom(1)));
    private readonly ElectionSafety _elections = new();

    [Fact]
    public void I1_two_leaders_of_one_term()
    {
        _elections.BecameLeader(One, new Term(2));
        _elections.BecameLeader(One, new Term(2));
        _elections.BecameLeader(Two, new Term(3));
        Broken("I1", () => _elections.BecameLeader(Two, new Term(2)));
    }

    [Fact]
    public void I1_a_leader_without_the_votes_of_a_quorum()
    {
        var votes = new Monotonicity();
        var elected = new ElectedByQuorum(votes);
        var members = Enumerable.Range(1, 4).Select(i => new Member(new NodeId(i), "", IsVoter: i < 4)).ToList();
        var joint = new Membership(members.Select(m => m with { IsOutgoingVoter = m.Id.Value is 1 or 4 }));
        votes.Voted(Two, new Term(1), One);
        Broken("I1", () => elected.BecameLeader(One, new Term(2), new Membership(members)));

        // The learner's vote counts for nothing, unless it still has one in the configuration that is being left.
        votes.Voted(new NodeId(4), new Term(2), One);
        Broken("I1", () => elected.BecameLeader(One, new Term(2), new Membership(members)));

        votes.Voted(Two, new Term(2), One);
        elected.BecameLeader(One, new Term(2), new Membership(members));
        elected.BecameLeader(One, new Term(2), joint);
        votes.Voted(Two, new Term(3), One);
        Broken("I1", () => elected.BecameLeader(One, new Term(3), joint));
    }

    [Fact]
    public void I2_another_entry_under_the_same_index_and_term()
    {
        var matching = new LogMatching(_registry, _elections);
        _elections.BecameLeader(One, new Term(2));
        matching.Written(One, Entry(2, 2, content: 1), previousChain: 7, out _);
        matching.Written(Two, Entry(2, 2, content: 1), previousChain: 7, out _);
        Broken("I2", () => matching.Written(Two, Entry(2, 2, content: 9), previousChain: 7, out _));
    }

    [Fact]
    public void I2_another_log_before_the_same_entry()
    {
        var matching = new LogMatching(_registry, _elections);
        _elections.BecameLeader(One, new Term(2));
        matching.Written(One, Entry(2, 2), previousChain: 7, out _);
        Broken("I2", () => matching.Written(Two, Entry(2, 2), previousChain: 8, out _));
    }

    [Fact]
    public void I11_an_entry_that_its_leader_has_not_made()
    {
        var matching = new LogMatching(_registry, _elections);
        _elections.BecameLeader(One, new Term(2));
        Broken("I11", () => matching.Written(Two, Entry(2, 2), previousChain: 7, out _));
    }

    [Fact]
    public void I3_a_leader_without_a_committed_entry()
    {
        var (ledger, full) = Committed(3, term: 2);
        var completeness = new LeaderCompleteness(ledger);
        completeness.BecameLeader(full, new Term(3));

        var behind = View(Two, full, entries: 2);
        completeness.BecameLeader(behind, new Term(2));
        Broken("I3", () => completeness.BecameLeader(behind, new Term(3)));
    }

    [Fact]
    public void I4_a_committed_entry_is_replaced()
    {
        var (ledger, right) = Committed(3, term: 2);
        var other = View(Two, right, entries: 1);
        other.Hand(Write(2, Shadow(2, 3, 5), Shadow(3, 3, 5)));
        var committed = new CommittedEntries(ledger);
        committed.Applied(other, new LogIndex(1));
        Broken("I4", () => committed.Applied(other, new LogIndex(3)));
        Broken("I4", () => committed.LeaderCommitted(other, new LogIndex(3), new Term(3)));
    }

    [Fact]
    public void I4_a_follower_commits_before_any_leader()
    {
        var (ledger, view) = Committed(3, term: 2);
        var committed = new CommittedEntries(ledger);
        committed.FollowerCommitted(view, new LogIndex(3));
        Broken("I4", () => committed.FollowerCommitted(view, new LogIndex(4)));
    }

    [Fact]
    public void I5_committed_without_a_durable_quorum()
    {
        var (_, leader) = Committed(3, term: 2);
        var (book, quorum) = Book();
        var three = Voters(1, 2, 3);
        book.Of(One).Hand(Copy(leader, 3));
        Broken("I5", () => quorum.LeaderCommitted(book.Of(One), new LogIndex(3), three));

        book.Of(One).Synced(1);
        Broken("I5", () => quorum.LeaderCommitted(book.Of(One), new LogIndex(3), three));

        book.Of(Two).Hand(Copy(leader, 3));
        Broken("I5", () => quorum.LeaderCommitted(book.Of(One), new LogIndex(3), three));
        book.Of(Two).Synced(1);
        quorum.LeaderCommitted(book.Of(One), new LogIndex(3), three);
    }

    [Fact]
    public void I5_a_joint_change_needs_both_halves()
    {
        var (_, leader) = Committed(3, term: 2);
        var (book, quorum) = Book();
        foreach (var id in new[] { One, Two })
        {
            book.Of(id).Hand(Copy(leader, 3));
            book.Of(id).Synced(1);
        }

        var joint = new Membership(
            [Voter(1) with { IsOutgoingVoter = true }, Outgoing(2), Outgoing(3), Voter(4), Voter(5)]);
        Broken("I5", () => quorum.LeaderCommitted(book.Of(One), new LogIndex(3), joint));
        book.Of(new NodeId(4)).Hand(Copy(leader, 3));
        book.Of(new NodeId(4)).Synced(1);
        quorum.LeaderCommitted(book.Of(One), new LogIndex(3), joint);
    }

    [Fact]
    public void I5_an_entry_of_an_earlier_term_is_committed_by_counting()
    {
        var (_, leader) = Committed(3, term: 2);
        CommittedInOwnTerm.LeaderCommitted(leader, new LogIndex(3), new Term(2));
        Broken("I5", () => CommittedInOwnTerm.LeaderCommitted(leader, new LogIndex(3), new Term(3)));
    }

    [Fact]
    public void I5_a_leader_counts_an_entry_that_a_member_does_not_have()
    {
        var (_, leader) = Committed(3, term: 2);
        var (book, _) = Book();
        var follower = book.Of(Two);
        var counted = new CountedIsDurable(book);
        var entries = Enumerable.Range(1, 3).Select(i => leader.Written[new LogIndex(i)]).ToArray();
        follower.Hand(Write(1, entries));
        Broken("I5", () => counted.TurnEnded(leader, new Term(2), _ => new LogIndex(3)));
        counted.TurnEnded(leader, new Term(2), _ => null);

        follower.Synced(1);
        counted.TurnEnded(leader, new Term(2), _ => new LogIndex(3));

        // Another leader has it replace the last one.
        follower.Hand(Write(3, [entries[2] with { Chain = 1 }]));
        follower.Synced(1);
        Broken("I5", () => counted.TurnEnded(leader, new Term(2), _ => new LogIndex(3)));
        counted.TurnEnded(leader, new Term(2), _ => new LogIndex(2));
    }

    [Fact]
    public void An_answer_of_a_leader_that_was_deposed_before_the_question()
    {
        LedWhenAsked.Require(One, new Term(3), committedIn: new Term(3));
        Broken("led when asked", () => LedWhenAsked.Require(One, new Term(3), committedIn: new Term(4)));
    }

    [Fact]
    public void A_caller_waits_for_a_command_at_a_member_that_does_not_lead()
    {
        NobodyWaitsInVain.TurnEnded(One, Role.Leader, pendingCommands: 1);
        NobodyWaitsInVain.TurnEnded(One, Role.Follower, pendingCommands: 0);
        Broken("answers", () => NobodyWaitsInVain.TurnEnded(One, Role.Follower, pendingCommands: 1));
    }

    [Fact]
    public void I6_another_state_after_the_same_entries()
    {
        var (ledger, _) = Committed(3, term: 2);
        var states = new StateMachineSafety(ledger);
        states.Require(One, new LogIndex(3), ledger.DigestAt(new LogIndex(3)));
        Broken("I6", () => states.Require(One, new LogIndex(3), ledger.DigestAt(new LogIndex(3)) + 1));
        Broken("I6", () => states.Require(One, new LogIndex(4), 0));
    }

    [Theory]
    [InlineData(4, 3, 5, 6)]
    [InlineData(2, 6, 5, 6)]
    [InlineData(2, 3, 7, 6)]
    public void I7_indexes_out_of_order(long snapshot, long applied, long commit, long last)
    {
        IndexOrder.Require(One, new LogIndex(2), new LogIndex(3), new LogIndex(5), new LogIndex(6));
        Broken("I7", () => IndexOrder.Require(
            One, new LogIndex(snapshot), new LogIndex(applied), new LogIndex(commit), new LogIndex(last)));
    }

    [Fact]
    public void I7_a_log_compacted_beyond_its_snapshot()
    {
        IndexOrder.RequireCovered(One, new LogIndex(5), new LogIndex(4));
        Broken("I7", () => IndexOrder.RequireCovered(One, new LogIndex(6), new LogIndex(4)));
    }

    [Theory]
    [InlineData(1, null, 4)]
    [InlineData(2, 2, 4)]
    [InlineData(2, null, 4)]
    [InlineData(2, 1, 3)]
    public void I8_a_hard_state_that_goes_back(long term, int? vote, long commit)
    {
        var before = new HardState(new Term(2), One, new LogIndex(4));
        Monotonicity.RequireLater(One, before, new HardState(new Term(3), Two, new LogIndex(4)));
        var now = new HardState(new Term(term), vote is { } id ? new NodeId(id) : null, new LogIndex(commit));
        Broken("I8", () => Monotonicity.RequireLater(One, before, now));
    }

    [Fact]
    public void I8_two_votes_in_one_term()
    {
        var votes = new Monotonicity();
        votes.Voted(One, new Term(2), Two);
        votes.Voted(One, new Term(2), Two);
        votes.Voted(One, new Term(3), One);
        Broken("I8", () => votes.Voted(One, new Term(2), One));
    }

    [Fact]
    public void I9_an_entry_is_acknowledged_before_it_is_durable()
    {
        var (_, view) = Committed(3, term: 2);
        var reply = new AppendReply(One, Two, default, new LogIndex(3), null, LogIndex.Zero, default);
        Broken("I9", () => AcknowledgedIsDurable.Sending(view, reply));
        view.Synced(view.Unsynced.Count);
        AcknowledgedIsDurable.Sending(view, reply);
    }

    [Fact]
    public void I9_a_vote_is_given_before_it_is_durable()
    {
        var view = new NodeView(One);
        view.Hand(new ShadowWrite(new HardState(new Term(2), Two, default), null, default, LogIndex.Zero, []));
        var reply = new VoteReply(One, Two, new Term(2), Granted: true);
        Broken("I9", () => AcknowledgedIsDurable.Sending(view, reply));
        view.Synced(1);
        AcknowledgedIsDurable.Sending(view, reply);
        Broken("I9", () => AcknowledgedIsDurable.Sending(view, reply with { To = new NodeId(3) }));
    }

    [Fact]
    public void I12_a_message_that_is_too_large_or_to_oneself()
    {
        var options = new RaftOptions { AppendBytesMax = 100 };
        var one = new AppendRequest(One, Two, new Term(2), default, default, [Entry(1, 2, bytes: 500)], default);
        MessageBounds.Sending(One, one, options);
        var two = one with { Entries = [Entry(1, 2, bytes: 50), Entry(2, 2, bytes: 50)] };
        Broken("I12", () => MessageBounds.Sending(One, two, options));
        Broken("I12", () => MessageBounds.Sending(One, one with { To = One }, options));
    }

    [Fact]
    public void I13_a_log_that_comes_back_with_less_or_with_something_else()
    {
        var (ledger, view) = Committed(3, term: 2);
        var recovery = new RecoverableDisk(_registry, ledger);
        view.Synced(view.Unsynced.Count);
        var all = Enumerable.Range(1, 3).Select(i => Entry(i, i == 1 ? 1 : 2)).ToArray();
        Assert.Equal(0, recovery.Match(One, view.Durable, [], new RecoveredState(default, null, all)));
        Broken("I13", () => recovery.Match(One, view.Durable, [], new RecoveredState(default, null, all[..2])));
        all[2] = all[2] with { Payload = new byte[] { 99 } };
        Broken("I13", () => recovery.Match(One, view.Durable, [], new RecoveredState(default, null, all)));
    }

    [Fact]
    public void I13_any_first_part_of_unsynced_writes_may_be_there()
    {
        var (ledger, view) = Committed(3, term: 2);
        var recovery = new RecoverableDisk(_registry, ledger);
        var kept = recovery.Match(
            One, view.Durable, view.Unsynced, new RecoveredState(default, null, [Entry(1, 1), Entry(2, 2)]));
        Assert.Equal(2, kept);
    }

    internal static void Broken(string invariant, Action action) =>
        Assert.StartsWith(invariant, Assert.Throws<ViolationException>(action).Invariant, StringComparison.Ordinal);

    private static LogEntry Entry(long index, long term, byte content = 0, int bytes = 1)
    {
        var payload = new byte[bytes];
        payload[0] = content;
        return new LogEntry(new LogIndex(index), new Term(term), EntryKind.Barrier, payload);
    }

    private static ShadowEntry Shadow(long index, long term, ulong chain) =>
        new(new Term(term), EntryKind.Barrier, default, Hash.Mix(chain, index));

    private static ShadowWrite Write(long first, params ShadowEntry[] entries) =>
        new(null, null, default, new LogIndex(first), entries);

    private static (MemberBook Book, CommittedOnQuorum Quorum) Book()
    {
        var book = new MemberBook();
        return (book, new CommittedOnQuorum(book));
    }

    private static ShadowWrite Copy(NodeView of, int entries) =>
        Write(1, [.. Enumerable.Range(1, entries).Select(i => of.Written[new LogIndex(i)])]);

    private static Membership Voters(params int[] ids) => new(ids.Select(Voter));

    private static Member Voter(int id) => new(new NodeId(id), MemberBook.UrlOf(id), IsVoter: true);

    private static Member Outgoing(int id) => Voter(id) with { IsVoter = false, IsOutgoingVoter = true };

    private static NodeView View(NodeId id, NodeView of, int entries)
    {
        var view = new NodeView(id);
        for (var i = 1; i <= entries; i++)
        {
            view.Hand(Write(i, of.Written[new LogIndex(i)]));
        }

        return view;
    }

    /// <summary>
    /// A committed log of barriers, the first of term 1, and the log of a node that holds it, a write an entry.
    /// </summary>
    private (Ledger Ledger, NodeView View) Committed(int entries, long term)
    {
        var view = new NodeView(One);
        Ledger? ledger = null;
        var chain = 0UL;
        for (var i = 1; i <= entries; i++)
        {
            _registry.Add(Entry(i, i == 1 ? 1 : term), chain, out var shadow, out _);
            chain = shadow.Chain;
            view.Hand(Write(i, shadow));
            if (ledger is null)
            {
                var scheduler = new Scheduler(new SimulationRandom(1));
                ledger = new Ledger(scheduler, StateMachineOptions.Default, shadow, []);
            }
            else
            {
                ledger.Add(shadow, new Term(term));
            }
        }

        return (ledger!, view);
    }
}
