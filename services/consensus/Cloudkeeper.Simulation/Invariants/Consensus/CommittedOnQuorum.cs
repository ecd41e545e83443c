using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Oracle;

namespace Cloudkeeper.Simulation.Invariants.Consensus;

/// <summary>
/// I5: an entry that a leader commits is durable on a quorum of the members in force, in a joint change on one of both
/// halves, by the simulator's own count of synced writes.
/// </summary>
internal sealed class CommittedOnQuorum(MemberBook members)
{
    public void LeaderCommitted(NodeView leader, LogIndex index, Membership membership)
    {
        var chain = leader.Written[index].Chain;
        if (!Quorums.Decides(membership, id => members.Of(id).Durable.Covers(index, chain)))
        {
            var durable = membership.Members.Where(m => members.Of(m.Id).Durable.Covers(index, chain)).Select(m => m.Id);
            throw new ViolationException(
                "I5 committed on quorum",
                $"node {leader.Id} commits entry {index} of [{membership}], durable on {string.Join(' ', durable)}");
        }
    }
}
