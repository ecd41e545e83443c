using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Invariants.Consensus;
using Cloudkeeper.Simulation.Oracle;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Tests.Invariants;

/// <summary>I10, with what it must let pass and what it must not.</summary>
public sealed class MembershipTests
{
    private readonly EntryRegistry _registry = new(new Scheduler(new SimulationRandom(1)));
    private readonly NodeView _leader = new(new NodeId(1));
    private readonly Ledger _ledger;
    private readonly MembershipSafety _safety;

    public MembershipTests()
    {
        var first = Write(1, Of(1, 2, 3));
        _ledger = new Ledger(new Scheduler(new SimulationRandom(1)), StateMachineOptions.Default, first, []);
        _safety = new MembershipSafety(_ledger);
        _safety.Committed(Of(1, 2, 3));
    }

    [Fact]
    public void A_second_change_before_the_first_is_committed()
    {
        _safety.Proposed(_leader, new LogIndex(2), Of(1, 2, 3, 4));
        var second = Write(2, Of(1, 2, 3, 4));
        Broken(() => _safety.Proposed(_leader, new LogIndex(3), Of(1, 2, 3, 4, 5)));
        _ledger.Add(second, second.Term);
        _safety.Proposed(_leader, new LogIndex(3), Of(1, 2, 3, 4, 5));
    }

    [Fact]
    public void Quorums_that_have_no_member_in_common()
    {
        Broken(() => _safety.Proposed(_leader, new LogIndex(2), Of(1, 4, 5)));
        _safety.Proposed(_leader, new LogIndex(2), Of(1, 2, 3, 4));
        _safety.Proposed(_leader, new LogIndex(2), Joint([1, 2, 3], [1, 4, 5]));
        Broken(() => _safety.Proposed(_leader, new LogIndex(2), Joint([1, 2, 4], [1, 4, 5])));
    }

    [Fact]
    public void An_id_that_was_given_before()
    {
        var second = Write(2, new Membership(Of(1, 2).Members, new NodeId(3)));
        _ledger.Add(second, second.Term);
        Broken(() => _safety.Proposed(_leader, new LogIndex(3), Of(1, 2, 3)));
        Broken(() => _safety.Proposed(_leader, new LogIndex(3), Of(1, 2)));
        _safety.Proposed(_leader, new LogIndex(3), Of(1, 2, 4));
    }

    [Fact]
    public void An_id_that_comes_back_after_its_removal()
    {
        _safety.Committed(Of(1, 2));
        _safety.Committed(Of(1, 2, 4));
        Broken(() => _safety.Committed(Of(1, 2, 3, 4)));
    }

    [Fact]
    public void An_id_with_another_disk_and_a_disk_with_another_id()
    {
        var instance = new Guid(1, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]);
        var arrived = Voter(4) with { Instance = instance };
        _safety.Committed(new Membership([Voter(1), arrived]));
        _safety.Committed(new Membership([Voter(1), arrived]));
        Broken(() => _safety.Committed(new Membership([Voter(1), arrived with { Instance = Guid.AllBitsSet }])));
        Broken(() => _safety.Committed(new Membership([Voter(1), arrived, Voter(5) with { Instance = instance }])));
    }

    [Fact]
    public void A_member_that_is_reported_as_removed_has_been()
    {
        var member = new Member(new NodeId(3), "http://3", IsVoter: true) { Instance = new Guid(3, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]) };
        var members = new Membership([member]);
        MembershipSafety.RequireGone(new NodeId(4), member.Instance, members);
        MembershipSafety.RequireGone(member.Id, Guid.Empty, members);
        Broken(() => MembershipSafety.RequireGone(member.Id, member.Instance, members));
    }

    [Fact]
    public void A_replica_that_believes_in_other_members_than_its_log_names()
    {
        MembershipSafety.RequireKnown(new NodeId(1), Of(1, 2), Of(1, 2));
        Broken(() => MembershipSafety.RequireKnown(new NodeId(1), Of(1, 2), Of(1, 2, 3)));
    }

    [Fact]
    public void A_member_that_lost_its_disk_and_takes_part()
    {
        MembershipSafety.RequireOwnDisk(_leader);
        _leader.IsLost = true;
        Broken(() => MembershipSafety.RequireOwnDisk(_leader));
    }

    private static void Broken(Action action) => ConsensusTests.Broken("I10", action);

    private static Membership Of(params int[] ids) => new(ids.Select(Voter));

    private static Membership Joint(int[] before, int[] after) => new(before.Union(after).Select(
        id => Voter(id) with { IsVoter = after.Contains(id), IsOutgoingVoter = before.Contains(id) }));

    private static Member Voter(int id) => new(new NodeId(id), MemberBook.UrlOf(id), IsVoter: true);

    /// <summary>The leader has it in its log.</summary>
    private ShadowEntry Write(long index, Membership membership)
    {
        var entry = new LogEntry(
            new LogIndex(index), new Term(1), EntryKind.Membership, MembershipCodec.Encode(membership));
        _registry.Add(entry, (ulong)index, out var shadow, out _);
        _leader.Hand(new ShadowWrite(null, null, default, entry.Index, [shadow]));
        return shadow;
    }
}
