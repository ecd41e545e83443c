using Cloudkeeper.Raft;

namespace Cloudkeeper.Simulation.Invariants.Consensus;

/// <summary>
/// A caller that waits for a command at a member that does not lead would wait until the log happens to pass that
/// place, or for ever (bug B-31): it is answered with the loss of leadership.
/// </summary>
internal static class NobodyWaitsInVain
{
    public static void TurnEnded(NodeId node, Role role, int pendingCommands)
    {
        if (role != Role.Leader && pendingCommands > 0)
        {
            throw new ViolationException(
                "answers", $"node {node} does not lead, and {pendingCommands} batches wait there for their commit");
        }
    }
}
