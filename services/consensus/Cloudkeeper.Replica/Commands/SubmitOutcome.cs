using Cloudkeeper.Protocol.Commands;

namespace Cloudkeeper.Replica.Commands;

public readonly record struct SubmitOutcome(SubmitStatus Status, IReadOnlyList<CommandResult> Results);

public enum SubmitStatus
{
    /// <summary>Committed and applied; the results show how.</summary>
    Decided,

    /// <summary>Nothing was proposed: this replica does not lead.</summary>
    NotLeader,

    /// <summary>Nothing was proposed: too much is waiting.</summary>
    Overloaded,

    /// <summary>Nothing was proposed: the bytes are no batch.</summary>
    Malformed,

    /// <summary>Nothing was proposed: one of the commands is for the leader alone to decide.</summary>
    Reserved,

    /// <summary>Nothing was proposed: the batch would do more than one entry may. Fewer of its commands may go through.</summary>
    TooMuch,

    /// <summary>Nothing was proposed: the disk is full.</summary>
    StorageFull,

    /// <summary>Proposed, and leadership lost before it was known to be committed.</summary>
    Unknown,
}
