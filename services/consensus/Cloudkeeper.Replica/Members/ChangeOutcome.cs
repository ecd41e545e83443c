using Cloudkeeper.Raft;

namespace Cloudkeeper.Replica.Members;

/// <summary>
/// The outcome of a request to change the members or the leader. Every request may be repeated: steps that are done
/// stay done.
/// </summary>
/// <param name="Code">Of a refusal: one of <see cref="ChangeCodes"/>.</param>
/// <param name="Detail">A sentence for people: the objection, or the reason of a wait.</param>
public sealed record ChangeOutcome(ChangeStatus Status, string? Code = null, string? Detail = null)
{
    /// <summary>Of an announcement that is accepted: the id of the announced member.</summary>
    public NodeId? Node { get; init; }

    /// <summary>The member to ask, as far as it is known; after a transfer, the new leader.</summary>
    public NodeId? Leader { get; init; }

    /// <summary>The committed members after the change; null unless done.</summary>
    public Membership? Membership { get; init; }

    internal static ChangeOutcome UnderWay(string reason) => new(ChangeStatus.UnderWay, Detail: reason);

    internal static ChangeOutcome Refused(string code, string detail) => new(ChangeStatus.Refused, code, detail);

    internal static ChangeOutcome NotLeader(NodeId? leader) => new(ChangeStatus.NotLeader) { Leader = leader };
}

public enum ChangeStatus
{
    /// <summary>Committed; or, of a dry run: nothing stands against it.</summary>
    Done,

    /// <summary>Something has to happen first, and is happening: ask again.</summary>
    UnderWay,

    /// <summary>
    /// This replica does not lead, or no longer. Ask the leader, which knows the outcome of earlier steps.
    /// </summary>
    NotLeader,

    /// <summary>It breaks a rule: asking again changes nothing.</summary>
    Refused,
}
