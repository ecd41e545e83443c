using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Members;

namespace Cloudkeeper.Replica;

// Members come and go. Every decision is made by the leader from the log's own membership and from the messages of the
// members, and every request may be repeated at the next leader.
public sealed partial class ReplicaNode
{
    private readonly PendingChanges _changes = new();
    private readonly CatchUpMark _mark;
    private PendingHandover? _handover;

    // The feature level that this leader has proposed, and the term in which it did: perhaps not applied yet.
    private (Term Term, int Level) _raised;

    /// <summary>
    /// A node wants to be a member, or announces that something of it has changed. <paramref name="reply"/> is called
    /// exactly once, at once or on a later turn; done means committed.
    /// </summary>
    /// <param name="dryRun">Only judge.</param>
    public void Announce(Announcement announcement, Action<ChangeOutcome> reply, bool dryRun = false)
    {
        ArgumentNullException.ThrowIfNull(announcement);
        ArgumentNullException.ThrowIfNull(reply);
        Carry(CannotChange() ?? AnnouncementRules.Judge(announcement, Facts), [], dryRun, reply);
    }

    /// <summary>
    /// Takes members out. Done once they are gone; a leader that is among them hands over first, and the next leader
    /// has to be asked again. <paramref name="reply"/> is called exactly once.
    /// </summary>
    /// <param name="dryRun">Only judge.</param>
    public void RemoveMembers(IReadOnlyList<NodeId> ids, bool dryRun, Action<ChangeOutcome> reply)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(reply);
        Carry(CannotChange() ?? RemovalRules.Judge(ids, Facts, Successor), ids, dryRun, reply);
    }

    /// <summary>
    /// Hands leadership to a voter, the best one when <paramref name="target"/> is null. Done once it leads.
    /// <paramref name="reply"/> is called exactly once.
    /// </summary>
    /// <param name="dryRun">Only judge.</param>
    public void Transfer(NodeId? target, bool dryRun, Action<ChangeOutcome> reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        Carry(CannotChange() ?? TransferRules.Judge(target, Facts, Successor), null, dryRun, reply);
    }

    /// <summary>The members up to the last applied entry: never taken back.</summary>
    public Membership CommittedMembership => _raft.MembershipAt(_applied);

    /// <inheritdoc cref="RaftNode.FindMember"/>
    public Member? FindMember(NodeId id) => _raft.FindMember(id);

    /// <inheritdoc cref="RaftNode.Voters"/>
    public IReadOnlyList<Member> Voters => _raft.Voters;

    /// <inheritdoc cref="RaftNode.Vouch"/>
    public void Vouch(NodeId id) => _raft.Vouch(id);

    /// <summary>All members, in order of id.</summary>
    public IReadOnlyList<MemberStatus> DescribeMembers() => [.. Membership.Members.Select(Describe)];

    /// <summary>
    /// The members that hold the cluster at its feature level although others know the next: to be upgraded, or
    /// removed.
    /// </summary>
    public IReadOnlyList<NodeId> LevelHolders => Steward.LevelHolders(CommittedMembership, Machine.FeatureLevel);

    private ClusterFacts Facts => new(
        _options.ClusterId, Id, Membership, FeatureLevel, id => IsActive(id) is true, _mark.IsYoung(Term))
    {
        MatchOf = MatchIndexOf,
    };

    /// <summary>
    /// The level that the cluster uses, or is about to: a node that knows less must not come in between.
    /// </summary>
    private int FeatureLevel => _raised.Term == Term ? Math.Max(_raised.Level, Machine.FeatureLevel) : Machine.FeatureLevel;

    /// <summary>Why no change can begin now; null: it can.</summary>
    private Verdict? CannotChange()
    {
        if (_raft.Role != Role.Leader)
        {
            return Verdict.Say(ChangeOutcome.NotLeader(Leader));
        }

        if (_raft.TransferTarget is { } target)
        {
            return Verdict.Wait($"Leadership is being handed to {Names.Of(target)}.");
        }

        if (!IsServingLeader)
        {
            return Verdict.Wait($"{Names.Of(Id)} leads since a moment only and has not committed anything yet.");
        }

        return _raft.IsMembershipSettled ? null : Verdict.Wait("Another change of the members is under way.");
    }

    /// <param name="leaving">The members that have to be gone; null: it is about leadership.</param>
    private void Carry(Verdict verdict, IReadOnlyList<NodeId>? leaving, bool dryRun, Action<ChangeOutcome> reply)
    {
        if (verdict.Answer is { } answer)
        {
            reply(answer);
        }
        else if (dryRun)
        {
            reply(new ChangeOutcome(ChangeStatus.Done) { Node = verdict.Node, Membership = Membership });
        }
        else if (verdict.Successor is { } successor)
        {
            HandOver(successor, isWish: leaving is null, reply);
        }
        else
        {
            var proposed = _raft.ProposeMembership(verdict.Next!);
            Invariant.Require(proposed.Status == ProposeStatus.Accepted);
            _changes.Add(proposed.Index, verdict.Node, leaving ?? [], reply);
        }
    }

    private void HandOver(NodeId successor, bool isWish, Action<ChangeOutcome> reply)
    {
        // The one before may be over since a tick and not be answered yet.
        EndHandover();
        Invariant.Require(_handover is null && _raft.TransferLeadership(successor));
        _handover = new PendingHandover(successor, isWish, ticks: 3 * _options.Raft.ElectionTicks, reply);
    }

    /// <summary>
    /// The member that would take over soonest: a voter that is there and keeps pace, the furthest of them.
    /// </summary>
    private NodeId? Successor(IEnumerable<Member> among) => among
        .Where(m => m.IsVoter && m.Id != Id && IsActive(m.Id) is true && HasCaughtUp(m.Id))
        .OrderByDescending(m => MatchIndexOf(m.Id)!.Value)
        .FirstOrDefault()?.Id;

    private bool HasCaughtUp(NodeId id) => MatchIndexOf(id) is { } match && _mark.IsReached(Term, match);

    private void TickMembers()
    {
        _handover?.Tick();
        if (!IsServingLeader)
        {
            return;
        }

        _mark.Tick(Term, CommitIndex);
        if (CannotChange() is not null)
        {
            return;
        }

        if (Steward.NextStep(Membership, id => IsActive(id) is true, HasCaughtUp) is { } next)
        {
            Invariant.Require(_raft.ProposeMembership(next).Status == ProposeStatus.Accepted);
        }
        else if (Steward.NextLevel(Membership, FeatureLevel, _options.Tree.NewestLevel) is { } level
            && ProposeInternally(new RaiseFeatureLevelCommand(Term.Value, level)))
        {
            _raised = (Term, level);
        }
    }

    private void MembershipApplied(LogIndex index)
    {
        if (IsServingLeader)
        {
            _changes.Committed(index, _raft.MembershipAt(index));
        }
    }

    private void EndHandover()
    {
        if (_handover?.TryEnd(_raft.Role == Role.Leader, Leader, _raft.TransferTarget, Membership) is true)
        {
            _handover = null;
        }
    }

    private MemberStatus Describe(Member member)
    {
        var match = member.Id == Id ? LastIndex : MatchIndexOf(member.Id);
        return new MemberStatus(
            member, StateOf(member), match, LastIndex - match, _raft.PendingSnapshotOf(member.Id));
    }

    private MemberState StateOf(Member member) => member switch
    {
        _ when _raft.Role != Role.Leader => MemberState.Unknown,
        { IsLeaving: true } => MemberState.Leaving,
        { IsVoter: false } when member.Instance == Guid.Empty => MemberState.Expected,
        _ when IsActive(member.Id) is not true => MemberState.Unreachable,
        { IsVoter: true } => MemberState.Voting,
        _ when _raft.PendingSnapshotOf(member.Id) is not null => MemberState.ReceivingSnapshot,
        _ => HasCaughtUp(member.Id) ? MemberState.CaughtUp : MemberState.CatchingUp,
    };
}
