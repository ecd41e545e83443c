using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Oracle;

namespace Cloudkeeper.Simulation.Invariants.Consensus;

/// <summary>I6: after the same entries all replicas are in the same state, the reference included.</summary>
internal sealed class StateMachineSafety(Ledger ledger)
{
    public void Require(NodeId node, LogIndex index, ulong digest)
    {
        if (index > ledger.Last)
        {
            throw new ViolationException(
                "I6 state machine safety",
                $"node {node} has a state of entry {index}; committed is only {ledger.Last}");
        }

        if (index > LogIndex.Zero && digest != ledger.DigestAt(index))
        {
            throw new ViolationException(
                "I6 state machine safety",
                $"node {node} has digest {digest:x16} after entry {index}, the reference {ledger.DigestAt(index):x16}");
        }
    }
}
