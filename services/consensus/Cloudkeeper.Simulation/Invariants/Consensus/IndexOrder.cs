using Cloudkeeper.Raft;

namespace Cloudkeeper.Simulation.Invariants.Consensus;

/// <summary>I7: snapshot &lt;= applied &lt;= commit &lt;= last; and compacted entries are in the snapshot.</summary>
internal static class IndexOrder
{
    public static void Require(NodeId node, LogIndex snapshot, LogIndex applied, LogIndex commit, LogIndex last)
    {
        if (snapshot > applied || applied > commit || commit > last)
        {
            throw new ViolationException(
                "I7 index order",
                $"node {node}: snapshot {snapshot}, applied {applied}, commit {commit}, last {last}");
        }
    }

    public static void RequireCovered(NodeId node, LogIndex keepFrom, LogIndex snapshot)
    {
        if (keepFrom > snapshot.Next())
        {
            throw new ViolationException(
                "I7 index order", $"node {node} compacts up to {keepFrom} with a snapshot at {snapshot}");
        }
    }
}
