using Cloudkeeper.Raft;

namespace Cloudkeeper.Storage;

/// <summary>The log and the hard state of one node, in segment files. One owner, one thread.</summary>
/// <remarks>
/// Nothing is overwritten and nothing is cut: a write whose first entry is not behind the last one replaces
/// all entries from there on simply by standing later in the log, which makes truncation and append one step (bugs
/// B-17, B-32). The entries themselves are in memory, at Raft; they are read from here once, by <see cref="Open"/>.
/// </remarks>
public sealed partial class RaftLogStore : IDisposable
{
    private const int PageBytes = 4 << 10;

    /// <summary>Large records leave nothing to gain by zeroing ahead, only bandwidth to lose.</summary>
    private const int ZeroAheadRecordBytesMax = 64 << 10;

    private static readonly byte[] Zeros = new byte[64 << 10];

    private readonly IFileSystem _files;
    private readonly LogStoreOptions _options;
    private readonly Queue<ClosedSegment> _closed = [];
    private Segment _active;
    private SpareSegment? _spare;
    private SpareSegment? _reserve;
    private LogState _state;
    private long _durableEnd;
    private long _zeroedEnd;
    private byte[] _buffer = new byte[PageBytes];
    private Exception? _failure;

    private RaftLogStore(IFileSystem files, LogStoreOptions options, Segment active, LogState state)
    {
        _files = files;
        _options = options;
        _active = active;
        _state = state;
        _durableEnd = _zeroedEnd = active.End;
    }

    /// <summary>The findings and repairs of <see cref="Open"/>.</summary>
    public required LogRecoveryReport Recovery { get; init; }

    public HardState HardState => _state.HardState;

    public LogIndex LastIndex => _state.LastIndex;

    /// <summary>Bytes of records that recovery would have to read: they grow until <see cref="Compact"/>.</summary>
    public long SizeBytes => _closed.Sum(s => s.End) + _active.End;

    /// <summary>How many bytes of a segment a write takes: for <see cref="EnsureSpace"/>.</summary>
    public static long SpaceFor(RaftWrite write)
    {
        ArgumentNullException.ThrowIfNull(write);
        var size = WriteCodec.SizeOf(write);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, Array.MaxLength - PageBytes, nameof(write));
        return RecordHeader.SpaceFor((int)size);
    }

    /// <summary>
    /// Writes, but does not sync. A write without effect (no hard state, snapshot or entries) does nothing. At the
    /// end of a segment this syncs it and begins the next.
    /// </summary>
    /// <exception cref="StorageFullException">
    /// There is no room now. Nothing has been changed: try again later.
    /// </exception>
    /// <exception cref="StorageFailedException">Fatal: this object is of no more use.</exception>
    public void Append(RaftWrite write)
    {
        ArgumentNullException.ThrowIfNull(write);
        if (write.HardState is null && write.Snapshot is null && write.Entries.Count == 0)
        {
            return;
        }

        var space = SpaceFor(write);
        (LogIndex, Term)? snapshot = write.Snapshot is { } s ? (s.Index, s.Term) : null;
        var problem = _state.Advance(write.HardState, snapshot, write.Entries, out var next);
        Invariant.Require(problem is null, problem ?? "");
        EnsureSpace(space);
        try
        {
            if (space > _active.Free)
            {
                BeginNextSegment();
            }

            _active.File.Write(_active.End, Encode(write, (int)space));
            _active.End += space;
            Note(write, next);
            ZeroAhead(space);
        }
        catch (StorageException e)
        {
            throw Fail(e);
        }
    }

    /// <summary>Makes all appends before it durable, with one fdatasync.</summary>
    /// <exception cref="StorageFailedException">Fatal: this object is of no more use.</exception>
    public void Sync()
    {
        ThrowIfFailed();
        if (_durableEnd == _active.End)
        {
            return;
        }

        try
        {
            _active.File.DataSync();
            _durableEnd = _active.End;
        }
        catch (StorageException e)
        {
            throw Fail(e);
        }
    }

    /// <summary>
    /// Deletes the segments all of whose entries lie before <paramref name="keepFrom"/>. The caller guarantees that
    /// a verified, durable snapshot reaches at least up to the entry before it.
    /// </summary>
    public void Compact(LogIndex keepFrom)
    {
        ThrowIfFailed();
        Invariant.Require(keepFrom <= _state.LastIndex.Next());

        // The records that replace entries of an old segment must be durable before that segment goes.
        Sync();
        try
        {
            while (_closed.TryPeek(out var segment) && segment.LargestIndex < keepFrom)
            {
                _files.Delete(segment.Name);

                // One at a time: two deletions could become durable in the wrong order and leave a hole.
                _files.SyncDirectory();
                _closed.Dequeue();
            }
        }
        catch (StorageException e)
        {
            throw Fail(e);
        }
    }

    public void Dispose()
    {
        _active.Dispose();
        _spare?.Dispose();
        _reserve?.Dispose();
    }

    private static void WriteZeros(IStorageFile file, long from, long to)
    {
        for (var offset = from; offset < to; offset += Zeros.Length)
        {
            file.Write(offset, Zeros.AsSpan(0, (int)Math.Min(Zeros.Length, to - offset)));
        }
    }

    private void BeginNextSegment()
    {
        Sync();
        var segment = _spare!.Publish(_options.ClusterId, _active.Header.Sequence + 1, _active.End, _state);
        _spare = null;
        _closed.Enqueue(new ClosedSegment(_active.Name, _active.End, _active.LargestIndex));
        _active.Dispose();
        _active = segment;
        _durableEnd = _zeroedEnd = segment.End;
    }

    private ReadOnlySpan<byte> Encode(RaftWrite write, int space)
    {
        if (_buffer.Length < space)
        {
            _buffer = GC.AllocateUninitializedArray<byte>(Math.Max(space, _buffer.Length * 2));
        }

        var length = (int)WriteCodec.SizeOf(write);
        var record = _buffer.AsSpan(0, space);
        var payload = record.Slice(RecordHeader.Size, length);
        WriteCodec.Write(write, payload);
        record[(RecordHeader.Size + length)..].Clear();
        var header = new RecordHeader(
            Crc32C.Of(payload), length, RecordHeader.TypeWrite, (uint)_durableEnd, _active.LastCrc);
        _active.LastCrc = header.Write(record, _active.Seed, _active.End);
        return record;
    }

    private void Note(RaftWrite write, LogState next)
    {
        if (write.Snapshot is not null)
        {
            foreach (var segment in _closed)
            {
                segment.LargestIndex = LogIndex.Zero;
            }

            _active.LargestIndex = LogIndex.Zero;
        }

        if (write.Entries.Count > 0 && next.LastIndex > _active.LargestIndex)
        {
            _active.LargestIndex = next.LastIndex;
        }

        _state = next;
    }

    private void ZeroAhead(long recordBytes)
    {
        if (_active.End <= _zeroedEnd || recordBytes > ZeroAheadRecordBytesMax)
        {
            return;
        }

        _zeroedEnd = Math.Min(_active.End + _options.ZeroAheadBytes, _active.Header.Capacity);
        WriteZeros(_active.File, _active.End, _zeroedEnd);
    }

    private StorageFailedException Fail(StorageException error)
    {
        _failure ??= error;
        return error as StorageFailedException
            ?? new StorageFailedException("The log failed in the middle of a write: " + error.Message, error);
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            throw new StorageFailedException("The log has failed before: " + failure.Message, failure);
        }
    }

    private sealed class ClosedSegment(string name, long end, LogIndex largestIndex)
    {
        public string Name => name;

        public long End => end;

        public LogIndex LargestIndex { get; set; } = largestIndex;
    }
}
