using System.Buffers.Binary;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Storage;

/// <summary>The beginning of a snapshot file.</summary>
/// <remarks>
/// <code>
///   0  magic "CKRAFTSN"     8
///   8  version              4
///  12  crc32c               4   of the whole header, this field taken as zero
///  16  header length        4
///  20  cluster             16
///  36  index                8
///  44  term                 8
///  52  membership, as MembershipCodec writes it
/// </code>
/// Magic, version, checksum and length stay where they are in all versions, so that a newer version can be told from
/// damage.
/// </remarks>
internal sealed record SnapshotHeader(Guid Cluster, SnapshotMetadata Metadata)
{
    public const int Version = 1;

    private const int FixedBytes = 52;
    private const int LengthMax = 1 << 20;
    private const int VersionOffset = 8;
    private const int CrcOffset = 12;
    private const int LengthOffset = 16;

    private static ReadOnlySpan<byte> Magic => "CKRAFTSN"u8;

    public byte[] ToBytes()
    {
        var membership = MembershipCodec.Encode(Metadata.Membership);
        var bytes = new byte[FixedBytes + membership.Length];
        Invariant.Require(bytes.Length <= LengthMax);
        var writer = new SpanWriter(bytes);
        writer.Bytes(Magic);
        writer.Int32(Version);
        writer.UInt32(0);
        writer.Int32(bytes.Length);
        writer.Guid(Cluster);
        writer.Int64(Metadata.Index.Value);
        writer.Int64(Metadata.Term.Value);
        writer.Bytes(membership);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(CrcOffset), Crc32C.Of(bytes));
        return bytes;
    }

    /// <summary>The checksum of a header seeds those of the blocks: a block of another snapshot is none here.</summary>
    public static uint SeedOf(ReadOnlySpan<byte> header) =>
        BinaryPrimitives.ReadUInt32LittleEndian(header[CrcOffset..]);

    /// <summary>Reads the header's bytes, checked, of any version.</summary>
    public static byte[] ReadBytes(IStorageFile file, string name)
    {
        Span<byte> start = stackalloc byte[FixedBytes];
        var read = file.Read(0, start);
        if (read < FixedBytes || !start.StartsWith(Magic))
        {
            throw new StorageCorruptedException(name, 0, "it does not begin with the header of a snapshot");
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(start[LengthOffset..]);
        if (length is < FixedBytes or > LengthMax || length > file.Length)
        {
            throw new StorageCorruptedException(name, LengthOffset, $"a header of {length} bytes is impossible");
        }

        var bytes = new byte[length];
        file.Read(0, bytes);
        var crc = SeedOf(bytes);
        bytes.AsSpan(CrcOffset, sizeof(uint)).Clear();
        if (Crc32C.Of(bytes) != crc)
        {
            throw new StorageCorruptedException(name, CrcOffset, "the checksum of its header does not match");
        }

        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(CrcOffset), crc);
        return bytes;
    }

    /// <exception cref="StorageVersionException">A sound header of a version that is not known here.</exception>
    public static SnapshotHeader Parse(ReadOnlySpan<byte> bytes, string name)
    {
        var version = BinaryPrimitives.ReadInt32LittleEndian(bytes[VersionOffset..]);
        if (version != Version)
        {
            throw new StorageVersionException(name, version, Version);
        }

        var reader = new SpanReader(bytes[(LengthOffset + sizeof(int))..]);
        var cluster = reader.Guid();
        var index = new LogIndex(reader.Int64());
        var term = new Term(reader.Int64());
        return MembershipCodec.TryDecode(bytes[FixedBytes..], out var membership)
            ? new SnapshotHeader(cluster, new SnapshotMetadata(index, term, membership))
            : throw new StorageCorruptedException(name, FixedBytes, "its membership makes no sense");
    }
}
