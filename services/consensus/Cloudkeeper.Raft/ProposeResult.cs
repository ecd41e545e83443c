namespace Cloudkeeper.Raft;

public readonly record struct ProposeResult(ProposeStatus Status, LogIndex Index, Term Term);

public enum ProposeStatus
{
    /// <summary>Appended at <see cref="ProposeResult.Index"/>; whether it commits is not known yet.</summary>
    Accepted,

    /// <summary>Nothing happened: this member does not lead, or not in the term that the caller named.</summary>
    NotLeader,

    /// <summary>Nothing happened: leadership is being handed over.</summary>
    Transferring,

    /// <summary>Nothing happened: too much is waiting for its commit.</summary>
    Overloaded,

    /// <summary>
    /// Nothing happened: the leader is too new, or another membership change is under way. Try again.
    /// </summary>
    MembershipBusy,

    /// <summary>Nothing happened: from the present membership to this one is no safe step.</summary>
    MembershipUnsafe,
}
