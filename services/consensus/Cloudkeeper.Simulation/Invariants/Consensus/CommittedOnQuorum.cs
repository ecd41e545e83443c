using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Oracle;

namespace Cloudkeeper.Simulation.Invariants.Consensus;

/// <summary>
/// I5: what a leader commits is durable on a quorum, by the simulator's own count of what was synced.
/// </summary>
internal sealed class CommittedOnQuorum(IReadOnlyList<NodeView> voters)
{
    public void LeaderCommitted(NodeView leader, LogIndex index)
    {
        var chain = leader.Written[index].Chain;
        var durable = 0;
        foreach (var voter in voters)
        {
            durable += voter.Durable.Covers(index, chain) ? 1 : 0;
        }

        if (durable <= voters.Count / 2)
        {
            throw new ViolationException(
                "I5 committed on quorum",
                $"node {leader.Id} commits entry {index}, durable on {durable} of {voters.Count} nodes");
        }
    }
}
