using Cloudkeeper.Raft;

namespace Cloudkeeper.Simulation.Invariants.Consensus;

/// <summary>I10, as long as memberships do not change: everybody has the one of the first entry.</summary>
internal static class FixedMembership
{
    public static void Require(NodeId node, Membership actual, Membership expected)
    {
        if (!ReferenceEquals(actual, expected) && !actual.Equals(expected))
        {
            throw new ViolationException("I10 membership", $"node {node} has [{actual}] instead of [{expected}]");
        }
    }
}
