using System.Buffers.Binary;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Storage;

/// <summary>
/// The first bytes of a segment: the facts about all segments before it that are needed once those are deleted.
/// </summary>
/// <remarks>
/// <code>
///   0  magic "CKRAFTLG"     8
///   8  version              4
///  12  crc32c               4   of the whole header, this field taken as zero
///  16  cluster             16
///  32  sequence             8   segments count up from 1 without a gap
///  40  capacity             8   length of the file: shorter means that it was cut
///  48  previous end         8   where the records of the segment before this one end; 0 in the first one
///  56  last index           8   of the log before this segment
///  64  term                 8   the hard state before this segment
///  72  commit               8
///  80  vote                 4
///  84  has vote             1
///  85  zero                43
/// </code>
/// Magic, version, checksum and size stay where they are in all versions, so that a newer version can be told from
/// damage. A file gets its real name only after its header is durable: a bad header is always damage.
/// </remarks>
internal readonly record struct SegmentHeader(
    Guid Cluster,
    long Sequence,
    long Capacity,
    long PreviousEnd,
    LogIndex LastIndex,
    HardState HardState)
{
    public const int Size = 128;
    public const int Version = 1;

    private const int VersionOffset = 8;
    private const int CrcOffset = 12;

    private static ReadOnlySpan<byte> Magic => "CKRAFTLG"u8;

    /// <summary>Seeds the checksums of the records: a record of another segment or cluster is none here.</summary>
    public uint Seed
    {
        get
        {
            Span<byte> cluster = stackalloc byte[16];
            Cluster.TryWriteBytes(cluster);
            return Crc32C.Append(Crc32C.Of(cluster), Sequence);
        }
    }

    public void Write(Span<byte> output)
    {
        output = output[..Size];
        var writer = new SpanWriter(output);
        writer.Bytes(Magic);
        writer.Int32(Version);
        writer.UInt32(0);
        writer.Guid(Cluster);
        writer.Int64(Sequence);
        writer.Int64(Capacity);
        writer.Int64(PreviousEnd);
        writer.Int64(LastIndex.Value);
        writer.Int64(HardState.Term.Value);
        writer.Int64(HardState.Commit.Value);
        writer.Int32(HardState.Vote?.Value ?? 0);
        writer.Byte(HardState.Vote is null ? (byte)0 : (byte)1);
        writer.ZeroRest();
        BinaryPrimitives.WriteUInt32LittleEndian(output[CrcOffset..], Crc32C.Of(output));
    }

    /// <exception cref="StorageCorruptedException">Not a header.</exception>
    /// <exception cref="StorageVersionException">A sound header of a version that is not known here.</exception>
    public static SegmentHeader Read(ReadOnlySpan<byte> input, string file)
    {
        if (input.Length < Size || !input.StartsWith(Magic))
        {
            throw new StorageCorruptedException(file, 0, "it does not begin with the header of a log segment");
        }

        Span<byte> copy = stackalloc byte[Size];
        input[..Size].CopyTo(copy);
        copy.Slice(CrcOffset, sizeof(uint)).Clear();
        if (Crc32C.Of(copy) != BinaryPrimitives.ReadUInt32LittleEndian(input[CrcOffset..]))
        {
            throw new StorageCorruptedException(file, CrcOffset, "the checksum of its header does not match");
        }

        var version = BinaryPrimitives.ReadInt32LittleEndian(input[VersionOffset..]);
        if (version != Version)
        {
            throw new StorageVersionException(file, version, Version);
        }

        var reader = new SpanReader(input[(CrcOffset + sizeof(uint))..Size]);
        var cluster = reader.Guid();
        var sequence = reader.Int64();
        var capacity = reader.Int64();
        var previousEnd = reader.Int64();
        var lastIndex = new LogIndex(reader.Int64());
        var term = new Term(reader.Int64());
        var commit = new LogIndex(reader.Int64());
        var vote = new NodeId(reader.Int32());
        var hardState = new HardState(term, reader.Byte() == 0 ? null : vote, commit);
        return new SegmentHeader(cluster, sequence, capacity, previousEnd, lastIndex, hardState);
    }
}
