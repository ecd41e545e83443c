using Cloudkeeper.Raft;

namespace Cloudkeeper.Simulation.Invariants.Consensus;

/// <summary>
/// A member's acknowledgement to an earlier leader counts for nothing: its log may have been replaced since (thesis,
/// section 3.3; bug B-24). The harm itself takes a leader that comes back, and a message that took longer than that.
/// </summary>
internal static class OldTermsMeanNothing
{
    public static void Received(RaftMessage message, Term term, LogIndex? before, LogIndex? after)
    {
        if (message.Term < term && before != after)
        {
            throw new ViolationException(
                "old terms mean nothing",
                $"node {message.To} in term {term} takes from {message} that {message.From} has {after}, not {before}");
        }
    }
}
