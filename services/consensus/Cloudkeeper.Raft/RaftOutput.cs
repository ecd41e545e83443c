namespace Cloudkeeper.Raft;

/// <summary>One batch of effects. The lists belong to the receiver once they are handed out.</summary>
/// <remarks>
/// There is nothing in it that may not be acted on at once: a message that depends on a write stays inside the
/// <see cref="RaftNode"/> until <see cref="RaftNode.StorageDone"/> names that write, so that sending before
/// persisting cannot be written down (rule R2).
/// </remarks>
/// <param name="Write">To be made durable, in the order of the sequences; null: nothing.</param>
/// <param name="Messages">To be sent now.</param>
/// <param name="Committed">To be applied, in order, each exactly once; a restored snapshot comes first.</param>
/// <param name="Restore">A snapshot that replaces the whole state machine before <paramref name="Committed"/>.</param>
/// <param name="ReadStates">Reads that may be served once the state machine has applied their index.</param>
public sealed record RaftOutput(
    RaftWrite? Write,
    IReadOnlyList<RaftMessage> Messages,
    SnapshotMetadata? Restore,
    IReadOnlyList<LogEntry> Committed,
    IReadOnlyList<ReadState> ReadStates)
{
    public static RaftOutput Nothing { get; } = new(null, [], null, [], []);
}

/// <summary>
/// One write to the log. Sequences count up from 1 without gaps in the life of a <see cref="RaftNode"/>.
/// </summary>
/// <param name="HardState">
/// To be stored together with the entries; null when unchanged. Its commit index is never beyond what earlier writes
/// made durable or a snapshot holds, so that a recovered log that ends before it has lost entries (bug B-45).
/// </param>
/// <param name="Snapshot">
/// Non-null: the log is replaced by this (already stored, verified) snapshot: everything before and behind it is void.
/// <see cref="Entries"/> then begin right behind it.
/// </param>
/// <param name="Entries">
/// To be appended. When the first one's index is not behind the last stored one, everything from that index on is
/// replaced: truncation and append are one step (bug B-17).
/// </param>
public sealed record RaftWrite(
    long Sequence,
    HardState? HardState,
    SnapshotMetadata? Snapshot,
    IReadOnlyList<LogEntry> Entries);

/// <summary>A confirmed read round: the leader of <c>Term</c> led after the read <c>Ticket</c> was asked.</summary>
public readonly record struct ReadState(long Ticket, LogIndex Index, Term Term);
