using Cloudkeeper.Raft;

namespace Cloudkeeper.Simulation.Invariants.Consensus;

/// <summary>
/// I1, from its cause: the leader of a term has been given the votes of that very term by a quorum of the membership
/// that it knows, in a joint change by a quorum of both (thesis, sections 3.4 and 4.3).
/// </summary>
internal sealed class ElectedByQuorum(Monotonicity votes)
{
    public void BecameLeader(NodeId leader, Term term, Membership membership)
    {
        Require(leader, term, [.. membership.Members.Where(m => m.IsVoter)]);
        Require(leader, term, [.. membership.Members.Where(m => m.IsOutgoingVoter)]);
    }

    private void Require(NodeId leader, Term term, List<Member> voters)
    {
        var granted = voters.FindAll(v => v.Id == leader || votes.VoteOf(v.Id, term) == leader);
        if (voters.Count > 0 && granted.Count <= voters.Count / 2)
        {
            throw new ViolationException(
                "I1 elected by quorum",
                $"node {leader} leads term {term} with the votes of {granted.Count} of {voters.Count}");
        }
    }
}
