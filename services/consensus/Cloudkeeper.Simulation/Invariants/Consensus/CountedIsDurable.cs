using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Oracle;

namespace Cloudkeeper.Simulation.Invariants.Consensus;

/// <summary>
/// I5, from its cause: the entries that a leader counts a member to have, that member has on its disk, and they are the
/// same. Unless the member has gone on to another term, in which it may have had to replace it.
/// </summary>
internal sealed class CountedIsDurable(MemberBook members)
{
    public void TurnEnded(NodeView leader, Term term, Func<NodeId, LogIndex?> matchOf)
    {
        foreach (var node in members.All)
        {
            if (matchOf(node.Id) is { } match && node.Durable.HardState.Term <= term && !Has(node, leader, match))
            {
                throw new ViolationException(
                    "I5 counted is durable",
                    $"node {leader.Id}, leader of term {term}, counts entry {match} for node {node.Id}, whose disk ends at "
                    + $"{node.Durable.LastIndex} of term {node.Durable.Last.Term}");
            }
        }
    }

    private static bool Has(NodeView node, NodeView leader, LogIndex match) =>
        match <= node.DurableSnapshot
        || !leader.Written.Has(match)
        || node.Durable.Covers(match, leader.Written[match].Chain);
}
