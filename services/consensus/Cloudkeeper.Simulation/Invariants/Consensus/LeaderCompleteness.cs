using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Oracle;

namespace Cloudkeeper.Simulation.Invariants.Consensus;

/// <summary>I3: a leader has every entry that was committed in an earlier term (thesis, section 3.6.3).</summary>
internal sealed class LeaderCompleteness(Ledger ledger)
{
    public void BecameLeader(NodeView leader, Term term)
    {
        var last = ledger.LastCommittedBefore(term);
        if (last > LogIndex.Zero && !leader.Written.Covers(last, ledger[last].Chain))
        {
            throw new ViolationException(
                "I3 leader completeness",
                $"node {leader.Id} leads term {term} without entry {last}, committed before; its log ends at "
                + $"{leader.Written.LastIndex}");
        }
    }
}
