using Cloudkeeper.Raft;

namespace Cloudkeeper.Storage;

/// <summary>Reads a log from the disk and judges it. Changes nothing.</summary>
internal sealed class LogRecovery(IFileSystem files, LogStoreOptions options)
{
    private readonly List<LogEntry> _entries = [];

    public List<Segment> Segments { get; } = [];

    public LogState State { get; private set; }

    public IReadOnlyList<LogEntry> Entries => _entries;

    public int Records { get; private set; }

    /// <summary>
    /// Behind the last byte of the torn tail in the last segment; its end of records when there is none.
    /// </summary>
    public long DirtyEnd { get; private set; }

    /// <summary>Up to here the last segment was synced, by its last record; behind it that is unknown.</summary>
    public long DurableEnd { get; private set; }

    private LogIndex FirstIndex => State.LastIndex - (_entries.Count - 1);

    /// <exception cref="StorageCorruptedException">Something that was durable is damaged or missing.</exception>
    public void Read()
    {
        var sequences = Segment.List(files);
        for (var i = 0; i < sequences.Count; i++)
        {
            if (i > 0 && sequences[i] != sequences[i - 1] + 1)
            {
                throw new StorageCorruptedException(
                    Segment.NameOf(sequences[i - 1] + 1), 0, "this segment is missing between others");
            }

            ReadSegment(sequences[i], isLast: i == sequences.Count - 1);
        }
    }

    /// <summary>
    /// Joins the log with the newest snapshot; true: the log is void and restarts behind the snapshot.
    /// </summary>
    /// <exception cref="StorageCorruptedException">
    /// There is a gap between them (bug B-53), or they disagree.
    /// </exception>
    public bool JoinWith(SnapshotMetadata? snapshot)
    {
        var covered = snapshot?.Index ?? LogIndex.Zero;
        if (FirstIndex > covered.Next())
        {
            throw new StorageCorruptedException(
                Segments[0].Name,
                0,
                $"the log begins at entry {FirstIndex}, but the newest intact snapshot ends at {covered}");
        }

        if (snapshot is null || !IsVoidBy(snapshot))
        {
            return false;
        }

        if (State.HardState.Commit >= covered)
        {
            throw new StorageCorruptedException(
                Segments[^1].Name,
                0,
                $"the committed entry {covered} is not the one that the snapshot of term {snapshot.Term} contains");
        }

        _entries.Clear();
        return true;
    }

    /// <summary>
    /// The snapshot was received while this log was behind it or had gone another way, and the crash came before the
    /// log was restarted behind it (thesis, section 5.3: then the whole log is superseded).
    /// </summary>
    private bool IsVoidBy(SnapshotMetadata snapshot)
    {
        if (State.LastIndex < snapshot.Index)
        {
            return true;
        }

        var position = snapshot.Index - FirstIndex;
        return position >= 0 && _entries[(int)position].Term != snapshot.Term;
    }

    private void ReadSegment(long sequence, bool isLast)
    {
        var name = Segment.NameOf(sequence);
        var file = files.Open(name, FileOpening.Existing);
        SegmentHeader header;
        try
        {
            header = ReadHeader(file, name, sequence);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        var segment = new Segment(file, header);
        Segments.Add(segment);
        var scanner = new SegmentScanner(file, segment.Seed, header.Capacity);
        ReadRecords(scanner, segment);
        segment.End = scanner.Offset;
        segment.LastCrc = scanner.Previous;
        if (isLast)
        {
            JudgeTail(scanner, name);
        }
    }

    private SegmentHeader ReadHeader(IStorageFile file, string name, long sequence)
    {
        Span<byte> bytes = stackalloc byte[SegmentHeader.Size];
        var header = SegmentHeader.Read(bytes[..file.Read(0, bytes)], name);
        if (header.Cluster != options.ClusterId || header.Sequence != sequence)
        {
            throw new StorageCorruptedException(
                name, 0, $"it is segment {header.Sequence} of cluster {header.Cluster}: not the file of this name");
        }

        if (header.Capacity != file.Length)
        {
            throw new StorageCorruptedException(name, file.Length, $"it must have {header.Capacity} bytes");
        }

        if (Segments.Count == 0)
        {
            State = new LogState(header.HardState, header.LastIndex);
        }
        else if (header.PreviousEnd != Segments[^1].End
            || header.HardState != State.HardState
            || header.LastIndex != State.LastIndex)
        {
            // The segment before was complete and synced when this one was begun (bug B-46).
            throw new StorageCorruptedException(
                Segments[^1].Name,
                Segments[^1].End,
                $"no intact record there, but by {name} the records end at {header.PreviousEnd}");
        }

        return header;
    }

    private void ReadRecords(SegmentScanner scanner, Segment segment)
    {
        var offset = scanner.Offset;
        DurableEnd = offset;
        while (scanner.TryRead(out var header, out var payload))
        {
            try
            {
                Apply(header, payload, segment);
            }
            catch (InvalidDataException e)
            {
                throw new StorageCorruptedException(segment.Name, offset, "a record makes no sense: " + e.Message);
            }

            Records++;
            DurableEnd = header.Durable;
            offset = scanner.Offset;
        }
    }

    private void Apply(RecordHeader header, ReadOnlyMemory<byte> payload, Segment segment)
    {
        if (header.Type != RecordHeader.TypeWrite)
        {
            throw new InvalidDataException($"unknown type {header.Type}");
        }

        var write = WriteCodec.Read(payload);
        if (State.Advance(write.HardState, write.Snapshot, write.Entries, out var next) is { } problem)
        {
            throw new InvalidDataException(problem);
        }

        if (write.Snapshot is { } snapshot)
        {
            _entries.Clear();
            State = State with { LastIndex = snapshot.Index };
            Segments.ForEach(s => s.LargestIndex = LogIndex.Zero);
        }

        if (write.Entries is [var first, ..])
        {
            var kept = (int)Math.Max(0, first.Index - FirstIndex);
            _entries.RemoveRange(kept, _entries.Count - kept);
            _entries.AddRange(write.Entries);
            segment.LargestIndex = next.LastIndex > segment.LargestIndex ? next.LastIndex : segment.LargestIndex;
        }

        State = next;
    }

    /// <summary>Tells the tail that a crash has torn from damage in the middle (bug B-45).</summary>
    private void JudgeTail(SegmentScanner scanner, string name)
    {
        var tail = scanner.ReadTail();
        if (tail.WitnessOffset is { } witness)
        {
            throw new StorageCorruptedException(
                name,
                scanner.Offset,
                $"no intact record there, but the one at {witness} was written when it was durable");
        }

        DirtyEnd = tail.DirtyEnd;
    }
}
