using Cloudkeeper.Raft;

namespace Cloudkeeper.Simulation.Invariants.Consensus;

/// <summary>
/// I15, from its cause: a snapshot that is known to be damaged takes no intact one's place when old ones are purged (bug
/// B-50). That it is missed shows only when the newest rots as well.
/// </summary>
internal static class KeptSnapshots
{
    private const string Prefix = "snapshot-";

    public static void Purged(
        NodeId node, IEnumerable<string> before, IEnumerable<string> after, IReadOnlySet<string> damaged, int keep)
    {
        var there = before.Count(IsIntact);
        var left = after.Count(IsIntact);
        if (left < Math.Min(there, keep))
        {
            throw new ViolationException(
                "I15 kept snapshots", $"node {node} keeps {left} of {there} intact snapshots, {damaged.Count} are damaged");
        }

        bool IsIntact(string name) => name.StartsWith(Prefix, StringComparison.Ordinal) && !damaged.Contains(name);
    }
}
