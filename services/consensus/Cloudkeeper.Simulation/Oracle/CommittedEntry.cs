using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Simulation.Oracle;

/// <summary>A committed entry, and the reference's results.</summary>
/// <param name="Time">When the first leader knew it to be committed, virtual microseconds.</param>
/// <param name="Batch">Null: a barrier or a membership.</param>
/// <param name="Before">The revision before this entry.</param>
/// <param name="Results">One a request of the batch.</param>
/// <param name="Changes">The transactions of the entry, in order.</param>
internal sealed record CommittedEntry(
    LogIndex Index,
    Term Term,
    long Time,
    CommandBatch? Batch,
    Revision Before,
    IReadOnlyList<CommandResult> Results,
    IReadOnlyList<ChangeSet> Changes)
{
    /// <summary>When its leader made it, virtual microseconds.</summary>
    public long ProposedAt { get; init; }

    /// <summary>
    /// True when this result was decided here: a repeated one has the revision of its first execution.
    /// </summary>
    public bool IsExecutedHere(CommandResult result) =>
        result is { Code: ResultCode.Ok, Replayed: false } && result.Revision > Before;
}
