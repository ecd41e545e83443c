using System.Buffers.Binary;

namespace Cloudkeeper.Storage;

/// <summary>The bytes before each record of a segment. Records begin at multiples of eight.</summary>
/// <remarks>
/// <code>
/// +----------------+-----------------+-----------+---------+------------+-------------+---------+-------+
/// | header crc, 4  | payload crc, 4  | length, 4 | type, 4 | durable, 4 | previous, 4 | payload | zeros |
/// +----------------+-----------------+-----------+---------+------------+-------------+---------+-------+
/// </code>
/// The header's checksum is seeded with cluster, segment and offset, so that a record is valid only where it was
/// written, and its length can be believed before anything is allocated (bug B-44).
///
/// <c>Durable</c> is the offset up to which the segment was known to be synced when the record was written. By it a
/// torn tail is told from damage (bug B-45): after a crash any of the writes since the last sync may be missing while a
/// later one is there, so "a good record follows" alone proves nothing; "a good record follows that was written when
/// this place was already durable" does.
///
/// <c>Previous</c> is the header checksum of the record before (in the first one the segment's seed): a record that
/// was cut off once and has come back from the dead does not continue what was written since.
/// </remarks>
internal readonly record struct RecordHeader(uint PayloadCrc, int Length, int Type, uint Durable, uint Previous)
{
    public const int Size = 24;
    public const int Alignment = 8;

    /// <summary>The payload is one <see cref="Raft.RaftWrite"/>.</summary>
    public const int TypeWrite = 1;

    /// <summary>Bytes the whole record takes in the file.</summary>
    public long Space => SpaceFor(Length);

    public static long SpaceFor(int payloadLength) =>
        (Size + (long)payloadLength + Alignment - 1) & ~(Alignment - 1L);

    /// <summary>Returns the header's checksum, for the record that follows.</summary>
    public uint Write(Span<byte> output, uint seed, long offset)
    {
        var fields = output[sizeof(uint)..Size];
        var writer = new SpanWriter(fields);
        writer.UInt32(PayloadCrc);
        writer.Int32(Length);
        writer.Int32(Type);
        writer.UInt32(Durable);
        writer.UInt32(Previous);
        var crc = CrcOf(fields, seed, offset);
        BinaryPrimitives.WriteUInt32LittleEndian(output, crc);
        return crc;
    }

    /// <summary>Reads the header at <paramref name="offset"/> of a file; false: there is none.</summary>
    public static bool TryRead(
        ReadOnlySpan<byte> input,
        uint seed,
        long offset,
        long fileLength,
        out RecordHeader header,
        out uint crc)
    {
        header = default;
        crc = 0;
        if (input.Length < Size)
        {
            return false;
        }

        var fields = input[sizeof(uint)..Size];
        crc = CrcOf(fields, seed, offset);
        if (crc != BinaryPrimitives.ReadUInt32LittleEndian(input))
        {
            return false;
        }

        var reader = new SpanReader(fields);
        header = new RecordHeader(
            reader.UInt32(), reader.Int32(), reader.Int32(), reader.UInt32(), reader.UInt32());
        return header.Length > 0
            && header.Space <= fileLength - offset
            && header.Durable >= SegmentHeader.Size
            && header.Durable <= offset;
    }

    private static uint CrcOf(ReadOnlySpan<byte> fields, uint seed, long offset) =>
        Crc32C.Append(Crc32C.Append(seed, offset), fields);
}
