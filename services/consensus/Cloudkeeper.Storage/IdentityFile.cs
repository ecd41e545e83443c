using System.Buffers.Binary;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Storage;

/// <summary>The file that makes a directory a node's. Written last of all at the bootstrap, and only once.</summary>
/// <remarks>
/// <code>
///   0  magic "CKRAFTID"     8
///   8  version              4
///  12  crc32c               4   of the whole file, this field taken as zero
///  16  cluster             16
///  32  node                 4
/// </code>
/// </remarks>
public static class IdentityFile
{
    public const string Name = "identity";

    private const string TemporaryName = "tmp-identity";
    private const int Version = 1;
    private const int VersionOffset = 8;
    private const int CrcOffset = 12;
    private const int Size = 36;

    private static ReadOnlySpan<byte> Magic => "CKRAFTID"u8;

    /// <summary>Null: the directory belongs to no node yet.</summary>
    /// <exception cref="StorageCorruptedException">The file is damaged.</exception>
    public static NodeIdentity? Load(IFileSystem files)
    {
        ArgumentNullException.ThrowIfNull(files);
        if (!files.List().Contains(Name, StringComparer.Ordinal))
        {
            return null;
        }

        using var file = files.Open(Name, FileOpening.Existing);
        Span<byte> bytes = stackalloc byte[Size];
        if (file.Read(0, bytes) < Size || !bytes.StartsWith(Magic))
        {
            throw new StorageCorruptedException(Name, 0, "it is no identity file");
        }

        var crc = BinaryPrimitives.ReadUInt32LittleEndian(bytes[CrcOffset..]);
        bytes.Slice(CrcOffset, sizeof(uint)).Clear();
        if (Crc32C.Of(bytes) != crc || file.Length != Size)
        {
            throw new StorageCorruptedException(Name, CrcOffset, "its checksum does not match");
        }

        var version = BinaryPrimitives.ReadInt32LittleEndian(bytes[VersionOffset..]);
        if (version != Version)
        {
            throw new StorageVersionException(Name, version, Version);
        }

        var reader = new SpanReader(bytes[(CrcOffset + sizeof(uint))..]);
        return new NodeIdentity(reader.Guid(), new NodeId(reader.Int32()));
    }

    /// <summary>Stores the identity durably. There must be none yet.</summary>
    public static void Save(IFileSystem files, NodeIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(identity);
        Invariant.Require(Load(files) is null);

        Span<byte> bytes = stackalloc byte[Size];
        var writer = new SpanWriter(bytes);
        writer.Bytes(Magic);
        writer.Int32(Version);
        writer.UInt32(0);
        writer.Guid(identity.ClusterId);
        writer.Int32(identity.Node.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[CrcOffset..], Crc32C.Of(bytes));

        files.DeleteTemporary(TemporaryName);
        using var file = new TemporaryFile(files, TemporaryName);
        file.File.Write(0, bytes);
        file.Publish(Name);
    }
}
