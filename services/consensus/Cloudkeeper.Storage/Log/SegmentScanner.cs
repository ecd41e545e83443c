namespace Cloudkeeper.Storage;

/// <summary>Reads the records of one segment, and looks around where they end.</summary>
internal sealed class SegmentScanner(IStorageFile file, uint seed, long fileLength)
{
    private readonly FileWindow _window = new(file, fileLength);
    private readonly uint _seed = seed;

    /// <summary>Header checksum of the record before <see cref="Offset"/>.</summary>
    public uint Previous { get; private set; } = seed;

    /// <summary>Where the next record begins.</summary>
    public long Offset { get; private set; } = SegmentHeader.Size;

    /// <summary>Takes the next record; false: at <see cref="Offset"/> there is no intact one.</summary>
    public bool TryRead(out RecordHeader header, out ReadOnlyMemory<byte> payload)
    {
        payload = default;
        var start = _window.Peek(Offset, RecordHeader.Size);
        if (!RecordHeader.TryRead(start, _seed, Offset, fileLength, out header, out var crc)
            || header.Previous != Previous)
        {
            return false;
        }

        var bytes = GC.AllocateUninitializedArray<byte>(header.Length);
        _window.Read(Offset + RecordHeader.Size, bytes);
        if (Crc32C.Of(bytes) != header.PayloadCrc)
        {
            return false;
        }

        payload = bytes;
        Previous = crc;
        Offset += header.Space;
        return true;
    }

    /// <summary>Judges the bytes between the last intact record and the end of the file.</summary>
    public SegmentTail ReadTail()
    {
        var dirtyEnd = Offset;
        for (var at = Offset; at < fileLength; at += RecordHeader.Alignment)
        {
            var bytes = _window.Peek(at, RecordHeader.Size);
            if (bytes[..Math.Min(RecordHeader.Alignment, bytes.Length)].ContainsAnyExcept((byte)0))
            {
                dirtyEnd = Math.Min(at + RecordHeader.Alignment, fileLength);
            }

            if (RecordHeader.TryRead(bytes, _seed, at, fileLength, out var header, out _) && header.Durable > Offset)
            {
                return new SegmentTail(dirtyEnd, at);
            }
        }

        return new SegmentTail(dirtyEnd, WitnessOffset: null);
    }
}

/// <param name="DirtyEnd">Behind the last byte that is not zero; equal to the end of the records when all are.</param>
/// <param name="WitnessOffset">
/// A record whose writer knew the end of the records to be durable beyond this point.
/// </param>
internal readonly record struct SegmentTail(long DirtyEnd, long? WitnessOffset);
