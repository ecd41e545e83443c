namespace Cloudkeeper.Raft;

/// <summary>Changes of the membership, one step at a time (thesis, chapter 4).</summary>
public sealed partial class RaftNode
{
    /// <summary>
    /// Appends a new membership; it is in force at once. A step changes at most one voter, or enters a joint change by
    /// naming the present voters as the outgoing ones; the joint change is left by itself when it is committed, and a
    /// member that voted only in the old configuration stays as a learner.
    /// </summary>
    public ProposeResult ProposeMembership(Membership next)
    {
        ArgumentNullException.ThrowIfNull(next);
        if (Role != Role.Leader)
        {
            return Refused(ProposeStatus.NotLeader);
        }

        if (IsTransferring)
        {
            return Refused(ProposeStatus.Transferring);
        }

        // A leader that has not committed in its term may not know of a committed change (bug B-02); and two changes
        // that are both uncommitted could leave two majorities without a common member.
        if (CommitIndex < _termStart || _log.MembershipIndex > CommitIndex)
        {
            return Refused(ProposeStatus.MembershipBusy);
        }

        // An id that was given once is remembered, with any members left.
        next = new Membership(next.Members, lastId: Membership.LastId);
        return MembershipRules.IsSafeStep(Membership, next)
            ? new ProposeResult(ProposeStatus.Accepted, AppendMembership(next), Term)
            : Refused(ProposeStatus.MembershipUnsafe);
    }

    /// <summary>
    /// The membership in force at an index that is not compacted: what a snapshot at that index must name.
    /// </summary>
    public Membership MembershipAt(LogIndex index) => _log.MembershipAt(index);

    private LogIndex AppendMembership(Membership next) =>
        AppendAsLeader(EntryKind.Membership, MembershipCodec.Encode(next));

    /// <summary>A leader's duties for a membership once it is committed.</summary>
    private void OnMembershipCommitted()
    {
        if (_log.MembershipIndex > CommitIndex)
        {
            return;
        }

        if (_quorum.IsJoint)
        {
            // The second half of a joint change (thesis, 4.3); the leader at that moment does it.
            AppendMembership(MembershipRules.AfterJoint(Membership));
        }
        else if (!IsVoter && !IsTransferring)
        {
            // It led until the members that stay can do without it (thesis, 4.2.2). They are not left to find that out.
            if (!TransferLeadership(null))
            {
                StandDown();
            }
        }
    }

    /// <summary>The others get the commit first.</summary>
    private void StandDown()
    {
        ReplicateToAll();
        BecomeFollower(Term, leader: null);
    }
}
