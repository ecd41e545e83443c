using Cloudkeeper.Raft;
using Cloudkeeper.Replica;

namespace Cloudkeeper.Simulation.Invariants.Consensus;

/// <summary>
/// P1: messages of a sender without a vote change nothing: no term, no leader, no log. P2: no honest member sends what
/// members never send, or the others would end its streams.
/// </summary>
internal static class HostileMeansNothing
{
    public static (Term, Role, NodeId?, LogIndex, LogIndex) Before(ReplicaNode victim) =>
        (victim.Term, victim.Role, victim.Leader, victim.LastIndex, victim.CommitIndex);

    public static void Require(ReplicaNode victim, (Term, Role, NodeId?, LogIndex, LogIndex) before, RaftMessage message)
    {
        var after = Before(victim);
        if (after != before)
        {
            throw new ViolationException("P1 hostile peers", $"node {victim.Id} went from {before} to {after} by {message}");
        }
    }

    public static void RequireHonest(NodeId receiver, StepResult result, RaftMessage message)
    {
        if (result == StepResult.Violation)
        {
            throw new ViolationException("P2 honest members", $"node {receiver} does not believe {message}");
        }
    }
}
