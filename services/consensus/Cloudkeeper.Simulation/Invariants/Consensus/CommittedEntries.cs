using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Oracle;

namespace Cloudkeeper.Simulation.Invariants.Consensus;

/// <summary>I4: the committed entry under an index never changes, and is committed by a leader first.</summary>
internal sealed class CommittedEntries(Ledger ledger)
{
    public void LeaderCommitted(NodeView leader, LogIndex index, Term term)
    {
        if (!leader.Written.Has(index))
        {
            throw new ViolationException(
                "I4 committed entries", $"node {leader.Id} commits entry {index}, which it has not written");
        }

        var known = index < ledger.Last ? index : ledger.Last;
        RequireSame(leader, known);
        while (ledger.Last < index)
        {
            ledger.Add(leader.Written[ledger.Last.Next()], term);
        }
    }

    public void FollowerCommitted(NodeView follower, LogIndex index)
    {
        if (index > ledger.Last)
        {
            throw new ViolationException(
                "I4 committed entries",
                $"node {follower.Id} takes entry {index} for committed; the last one that is, is {ledger.Last}");
        }
    }

    public void Applied(NodeView node, LogIndex index)
    {
        FollowerCommitted(node, index);
        RequireSame(node, index);
    }

    private void RequireSame(NodeView node, LogIndex index)
    {
        if (!node.Written.Covers(index, ledger[index].Chain))
        {
            throw new ViolationException(
                "I4 committed entries", $"node {node.Id} has another log than the committed one up to entry {index}");
        }
    }
}
