namespace Cloudkeeper.Raft;

/// <summary>One entry of the replicated log. The payload is never changed after the entry is made.</summary>
public readonly record struct LogEntry(LogIndex Index, Term Term, EntryKind Kind, ReadOnlyMemory<byte> Payload)
{
    /// <summary>
    /// The entry's size in flow control and batching: its payload and a fixed overhead, in bytes.
    /// </summary>
    public int Size => Payload.Length + Overhead;

    /// <summary>Bytes per entry that are not payload, in the log file and on the wire, rounded up.</summary>
    public const int Overhead = 32;
}
