using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Invariants.Consensus;
using Cloudkeeper.Simulation.Invariants.Reads;
using Cloudkeeper.Simulation.Oracle;

namespace Cloudkeeper.Simulation.Tests.Invariants;

/// <summary>Invariants that see a mistake where it is made, long before it does harm.</summary>
public sealed class CausesTests
{
    private static readonly NodeId One = new(1);
    private static readonly NodeId Two = new(2);
    private static readonly NodeId Three = new(3);
    private static readonly Term Now = new(2);
    private static readonly Membership Voters = Of(One, Two, Three);

    [Fact]
    public void An_answer_that_a_quorum_has_confirmed_only_for_an_earlier_question()
    {
        var rounds = new ConfirmedRounds();
        rounds.Sending(new HeartbeatRequest(One, Two, Now, default, Round: 1), now: 10);
        rounds.Sending(new HeartbeatRequest(One, Two, Now, default, Round: 2), now: 20);

        // Sent again, round 1 still stands for the time when it began.
        rounds.Sending(new HeartbeatRequest(One, Three, Now, default, Round: 1), now: 30);
        rounds.Received(new HeartbeatReply(Two, One, Now, Round: 1));
        rounds.Count(One, Now, Voters, now: 40);
        rounds.Require(One, asked: 10);
        Broken("confirmed rounds", () => rounds.Require(One, asked: 11));

        rounds.Received(new HeartbeatReply(Three, One, Now, Round: 2));
        rounds.Count(One, Now, Voters, now: 40);
        rounds.Require(One, asked: 20);
        Broken("confirmed rounds", () => rounds.Require(One, asked: 21));
    }

    [Fact]
    public void An_answer_that_was_confirmed_in_another_term()
    {
        var rounds = new ConfirmedRounds();
        rounds.Sending(new HeartbeatRequest(One, Two, Now, default, Round: 1), now: 10);
        rounds.Sending(new HeartbeatRequest(One, Two, Now.Next(), default, Round: 1), now: 20);
        rounds.Received(new HeartbeatReply(Two, One, Now, Round: 1));
        rounds.Count(One, Now.Next(), Voters, now: 30);
        Broken("confirmed rounds", () => rounds.Require(One, asked: 0));
    }

    [Fact]
    public void A_sole_voter_needs_no_other_to_confirm_its_answers()
    {
        var rounds = new ConfirmedRounds();
        rounds.Count(One, Now, Of(One), now: 10);
        rounds.Require(One, asked: 10);
        Broken("confirmed rounds", () => rounds.Require(One, asked: 11));
    }

    [Fact]
    public void A_learner_leads_or_stands_for_election()
    {
        var learning = new Membership(Voters.Members.Select(m => m.Id == One ? m with { IsVoter = false } : m));
        VotersLead.Stands(One, learning, Voters);
        VotersLead.Stands(One, Voters, learning);
        Broken("voters lead", () => VotersLead.Stands(One, learning, learning));
        Broken("voters lead", () => VotersLead.Stands(new NodeId(4), Voters, Voters));
    }

    [Fact]
    public void Leadership_is_handed_to_a_learner_or_to_a_member_without_the_last_entry()
    {
        var successor = new NodeView(Two);
        successor.Hand(Write(1, Entry(1), Entry(2)));
        var request = new TimeoutNowRequest(One, Two, Now, new LogIndex(2), Now);
        Broken("voters lead", () => VotersLead.Sending(request, Voters, successor));

        successor.Synced(1);
        VotersLead.Sending(request, Voters, successor);
        Broken("voters lead", () => VotersLead.Sending(request, Of(One, Three), successor));
        Broken("voters lead", () => VotersLead.Sending(request with { LastIndex = new LogIndex(3) }, Voters, successor));
        Broken("voters lead", () => VotersLead.Sending(request with { LastTerm = new Term(1) }, Voters, successor));
        successor.IsLost = true;
        VotersLead.Sending(request with { LastIndex = new LogIndex(3) }, Voters, successor);
    }

    [Fact]
    public void The_members_are_changed_before_the_leader_has_committed_in_its_term()
    {
        var leader = new NodeView(One);
        leader.Hand(Write(1, Entry(1), Entry(2)));
        leader.Commit = new LogIndex(1);
        CommittedInOwnTerm.MembersChanged(leader, new Term(1));
        Broken("I10", () => CommittedInOwnTerm.MembersChanged(leader, Now));
        leader.Commit = new LogIndex(2);
        CommittedInOwnTerm.MembersChanged(leader, Now);
    }

    [Fact]
    public void An_acknowledgement_of_an_earlier_term_counts()
    {
        var reply = new AppendReply(Two, One, new Term(1), new LogIndex(3), null, LogIndex.Zero, default);
        OldTermsMeanNothing.Received(reply, Now, new LogIndex(2), new LogIndex(2));
        OldTermsMeanNothing.Received(reply, new Term(1), new LogIndex(2), new LogIndex(3));
        Broken("old terms", () => OldTermsMeanNothing.Received(reply, Now, new LogIndex(2), new LogIndex(3)));
    }

    [Theory]
    [InlineData(2, 2, true)]
    [InlineData(3, 1, true)]
    [InlineData(2, 1, false)]
    [InlineData(1, 9, false)]
    public void A_pre_vote_is_refused_to_a_log_that_is_not_behind(long lastTerm, long lastIndex, bool isDue)
    {
        var voter = new NodeView(One);
        voter.Hand(Write(1, Entry(1), Entry(2)));
        var request = new PreVoteRequest(Two, One, new Term(4), new LogIndex(lastIndex), new Term(lastTerm));
        var votes = new FreePreVotes();
        votes.Receiving(request, voter, new Term(3), leader: Three, new LogIndex(2));
        votes.Receiving(request, voter, new Term(4), leader: null, new LogIndex(2));
        votes.TurnEnded(One);

        votes.Receiving(request, voter, new Term(3), leader: null, new LogIndex(2));
        votes.Sending(new PreVoteReply(One, Two, new Term(4), Granted: true));
        votes.TurnEnded(One);

        votes.Receiving(request, voter, new Term(3), leader: null, new LogIndex(2));
        votes.Sending(new PreVoteReply(One, Two, new Term(3), Granted: false));
        if (isDue)
        {
            Broken("free pre-votes", () => votes.TurnEnded(One));
        }
        else
        {
            votes.TurnEnded(One);
        }
    }

    [Fact]
    public void A_damaged_snapshot_takes_the_place_of_an_intact_one()
    {
        string[] before = ["log-1", "snapshot-1", "snapshot-2", "snapshot-3"];
        var damaged = new HashSet<string>(StringComparer.Ordinal) { "snapshot-2" };
        KeptSnapshots.Purged(One, before, before, damaged, keep: 2);
        KeptSnapshots.Purged(One, before[..2], before[..2], damaged, keep: 2);
        Broken("I15", () => KeptSnapshots.Purged(One, before, before[2..], damaged, keep: 2));
    }

    private static void Broken(string invariant, Action action) => ConsensusTests.Broken(invariant, action);

    private static Membership Of(params NodeId[] ids) =>
        new(ids.Select(id => new Member(id, MemberBook.UrlOf(id.Value), IsVoter: true)));

    private static ShadowEntry Entry(long term) => new(new Term(term), EntryKind.Barrier, default, (ulong)term);

    private static ShadowWrite Write(long first, params ShadowEntry[] entries) =>
        new(null, null, default, new LogIndex(first), entries);
}
