using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Oracle;

namespace Cloudkeeper.Simulation.Invariants.Consensus;

/// <summary>
/// I5 as well: a leader that commits by counting ends with an entry of its own term. An older one can still be replaced
/// although a majority has it (thesis, section 3.6.2; bug B-01), but that takes three leaders in a row to see.
/// </summary>
internal static class CommittedInOwnTerm
{
    /// <summary>
    /// Nor may it change the members before it has committed such an entry: it may not know of a committed change
    /// (bug B-02).
    /// </summary>
    public static void MembersChanged(NodeView leader, Term term)
    {
        if (leader.Written[leader.Commit].Term != term)
        {
            throw new ViolationException(
                "I10 membership", $"node {leader.Id} changes the members before it has committed an entry of term {term}");
        }
    }

    public static void LeaderCommitted(NodeView leader, LogIndex index, Term term)
    {
        if (leader.Written[index].Term != term)
        {
            throw new ViolationException(
                "I5 committed in own term",
                $"node {leader.Id} commits entry {index} of term {leader.Written[index].Term} in term {term}");
        }
    }
}
