using Cloudkeeper.Raft;

namespace Cloudkeeper.Storage;

/// <summary>The payload of a record: one <see cref="RaftWrite"/>, all of it or nothing of it.</summary>
/// <remarks>
/// <code>
/// parts, 1           1 hard state, 2 snapshot, 4 entries
/// [ term, 8 | commit, 8 | has vote, 1 | vote, 4 ]
/// [ snapshot index, 8 | snapshot term, 8 ]
/// [ first index, 8 | count, 4 | count times: term, 8 | length, 4 | kind, 1 | payload ]
/// </code>
/// One record a write makes term and vote, truncation and append, snapshot and restart of the log single steps
/// (bugs B-04, B-17). The sequence of the write is not stored: it lives no longer than its node.
/// </remarks>
internal static class WriteCodec
{
    private const byte HasHardState = 1;
    private const byte HasSnapshot = 2;
    private const byte HasEntries = 4;
    private const int HardStateBytes = 21;
    private const int SnapshotBytes = 16;
    private const int EntriesBytes = 12;
    private const int EntryBytes = 13;

    public static long SizeOf(RaftWrite write)
    {
        var size = 1L + (write.HardState is null ? 0 : HardStateBytes) + (write.Snapshot is null ? 0 : SnapshotBytes);
        if (write.Entries.Count > 0)
        {
            size += EntriesBytes;
        }

        for (var i = 0; i < write.Entries.Count; i++)
        {
            size += EntryBytes + write.Entries[i].Payload.Length;
        }

        return size;
    }

    public static void Write(RaftWrite write, Span<byte> output)
    {
        var writer = new SpanWriter(output);
        writer.Byte((byte)((write.HardState is null ? 0 : HasHardState)
            | (write.Snapshot is null ? 0 : HasSnapshot)
            | (write.Entries.Count == 0 ? 0 : HasEntries)));
        if (write.HardState is { } state)
        {
            writer.Int64(state.Term.Value);
            writer.Int64(state.Commit.Value);
            writer.Byte(state.Vote is null ? (byte)0 : (byte)1);
            writer.Int32(state.Vote?.Value ?? 0);
        }

        if (write.Snapshot is { } snapshot)
        {
            writer.Int64(snapshot.Index.Value);
            writer.Int64(snapshot.Term.Value);
        }

        if (write.Entries.Count > 0)
        {
            WriteEntries(ref writer, write.Entries);
        }
    }

    /// <summary>
    /// Reads the bytes of <see cref="Write"/>; the entries' payloads are slices of <paramref name="input"/>.
    /// </summary>
    /// <exception cref="InvalidDataException">It is not that.</exception>
    public static StoredWrite Read(ReadOnlyMemory<byte> input)
    {
        var reader = new SpanReader(input.Span);
        var parts = reader.Byte();
        if ((parts & ~(HasHardState | HasSnapshot | HasEntries)) != 0)
        {
            throw new InvalidDataException($"unknown parts {parts}");
        }

        HardState? hardState = (parts & HasHardState) == 0 ? null : ReadHardState(ref reader);
        (LogIndex, Term)? snapshot = (parts & HasSnapshot) == 0
            ? null
            : (new LogIndex(reader.Int64()), new Term(reader.Int64()));
        LogEntry[] entries = (parts & HasEntries) == 0 ? [] : ReadEntries(ref reader, input);
        return reader.Remaining == 0
            ? new StoredWrite(hardState, snapshot, entries)
            : throw new InvalidDataException($"{reader.Remaining} bytes too many");
    }

    private static void WriteEntries(ref SpanWriter writer, IReadOnlyList<LogEntry> entries)
    {
        writer.Int64(entries[0].Index.Value);
        writer.Int32(entries.Count);
        for (var i = 0; i < entries.Count; i++)
        {
            var entry = entries[i];
            writer.Int64(entry.Term.Value);
            writer.Int32(entry.Payload.Length);
            writer.Byte((byte)entry.Kind);
            writer.Bytes(entry.Payload.Span);
        }
    }

    private static HardState ReadHardState(ref SpanReader reader)
    {
        var term = new Term(reader.Int64());
        var commit = new LogIndex(reader.Int64());
        var hasVote = reader.Byte() != 0;
        var vote = new NodeId(reader.Int32());
        return new HardState(term, hasVote ? vote : null, commit);
    }

    private static LogEntry[] ReadEntries(ref SpanReader reader, ReadOnlyMemory<byte> input)
    {
        var first = new LogIndex(reader.Int64());
        var count = reader.Int32();
        if (count < 1 || count > reader.Remaining / EntryBytes)
        {
            throw new InvalidDataException($"{count} entries in {reader.Remaining} bytes");
        }

        var entries = new LogEntry[count];
        for (var i = 0; i < count; i++)
        {
            var term = new Term(reader.Int64());
            var length = reader.Int32();
            var kind = (EntryKind)reader.Byte();
            reader.Bytes(length);
            entries[i] = new LogEntry(first + i, term, kind, input.Slice(reader.Position - length, length));
        }

        return entries;
    }
}

/// <summary>A <see cref="RaftWrite"/> as it comes back from the disk.</summary>
internal readonly record struct StoredWrite(
    HardState? HardState,
    (LogIndex Index, Term Term)? Snapshot,
    LogEntry[] Entries);
