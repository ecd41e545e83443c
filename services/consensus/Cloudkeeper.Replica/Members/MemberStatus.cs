using Cloudkeeper.Raft;

namespace Cloudkeeper.Replica.Members;

/// <summary>How far a member is, as the leader sees it; elsewhere only its identity.</summary>
/// <param name="Match">The last entry that it is known to have.</param>
/// <param name="Missing">How many entries it lacks.</param>
/// <param name="PendingSnapshot">Up to where the snapshot reaches that is on its way to it.</param>
public sealed record MemberStatus(
    Member Member, MemberState State, LogIndex? Match, long? Missing, LogIndex? PendingSnapshot);

public enum MemberState
{
    /// <summary>This replica does not lead and does not know.</summary>
    Unknown,

    /// <summary>Announced when the cluster was founded, and not arrived yet.</summary>
    Expected,

    /// <summary>Arrived, and being sent a snapshot.</summary>
    ReceivingSnapshot,

    /// <summary>Arrived, and being sent the log.</summary>
    CatchingUp,

    /// <summary>Does not vote yet, and could.</summary>
    CaughtUp,

    /// <summary>Votes, and is there.</summary>
    Voting,

    /// <summary>On its way out.</summary>
    Leaving,

    /// <summary>No message has come from it for one to two election timeouts.</summary>
    Unreachable,
}
