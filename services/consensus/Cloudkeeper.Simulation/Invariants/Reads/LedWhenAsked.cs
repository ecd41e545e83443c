using Cloudkeeper.Raft;

namespace Cloudkeeper.Simulation.Invariants.Reads;

/// <summary>
/// Linearizability and S1, from their cause: a node that answers a linearizable read or acknowledges a keepalive led
/// after the question came. If a later term had committed by then, its quorum would have shown it (thesis, section
/// 6.4). An answer that is stale shows this way too when nothing has been written, and so nothing differs.
/// </summary>
internal static class LedWhenAsked
{
    /// <param name="committedIn">The newest term that had committed an entry when the question arrived.</param>
    public static void Require(NodeId node, Term term, Term committedIn)
    {
        if (term < committedIn)
        {
            throw new ViolationException(
                "led when asked", $"node {node} answers in term {term}; term {committedIn} had committed when it was asked");
        }
    }
}
