using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Oracle;

namespace Cloudkeeper.Simulation.Invariants.Consensus;

/// <summary>
/// I2: the same index and term mean the same entry and the same log before it (thesis, section 3.5). I11: an entry of a
/// term was made by the leader of that term.
/// </summary>
internal sealed class LogMatching(EntryRegistry registry, ElectionSafety elections)
{
    public ShadowEntry Written(NodeId node, in LogEntry entry, ulong previousChain, out bool isNew)
    {
        isNew = registry.Add(entry, previousChain, out var shadow, out var agrees);
        if (!agrees)
        {
            throw new ViolationException(
                "I2 log matching", $"node {node} writes another log up to entry {entry.Index} of term {entry.Term}");
        }

        if (isNew && elections.LeaderOf(entry.Term) != node)
        {
            throw new ViolationException(
                "I11 own term",
                $"node {node} writes a new entry {entry.Index} of term {entry.Term}, which it does not lead");
        }

        return shadow;
    }
}
