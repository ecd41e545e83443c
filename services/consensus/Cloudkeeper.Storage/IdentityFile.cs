using System.Buffers.Binary;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Storage;

/// <summary>
/// The file that makes a directory a node's: first it holds only the instance, and last of all, once there is a log, the
/// cluster and the node as well.
/// </summary>
/// <remarks>
/// <code>
///   0  magic "CKRAFTID"     8
///   8  version = 2          4
///  12  crc32c               4   of the whole file, this field taken as zero
///  16  cluster             16   zero: none yet
///  32  node                 4   zero: none yet
///  36  instance            16   not in version 1, which was written only when cluster and node were known
/// </code>
/// </remarks>
public static class IdentityFile
{
    public const string Name = "identity";

    private const string TemporaryName = "tmp-identity";
    private const int Version = 2;
    private const int VersionOffset = 8;
    private const int CrcOffset = 12;
    private const int HeaderBytes = 16;
    private const int Size = 52;

    /// <summary>More than any version has: a newer one is told from damage by its intact checksum.</summary>
    private const int LengthMax = 1024;

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
        Span<byte> buffer = stackalloc byte[LengthMax];
        var bytes = buffer[..file.Read(0, buffer)];
        if (bytes.Length < HeaderBytes || !bytes.StartsWith(Magic))
        {
            throw new StorageCorruptedException(Name, 0, "it is no identity file");
        }

        var crc = BinaryPrimitives.ReadUInt32LittleEndian(bytes[CrcOffset..]);
        bytes.Slice(CrcOffset, sizeof(uint)).Clear();
        if (Crc32C.Of(bytes) != crc || file.Length != bytes.Length)
        {
            throw new StorageCorruptedException(Name, CrcOffset, "its checksum does not match");
        }

        return Read(bytes);
    }

    /// <summary>Stores the identity durably. An earlier one may be completed, never changed.</summary>
    public static void Save(IFileSystem files, NodeIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(identity);
        Invariant.Require(identity.IsMember == (identity.Node.Value != 0));
        Invariant.Require(Load(files)?.MayBecome(identity) ?? true);

        Span<byte> bytes = stackalloc byte[Size];
        var writer = new SpanWriter(bytes);
        writer.Bytes(Magic);
        writer.Int32(Version);
        writer.UInt32(0);
        writer.Guid(identity.ClusterId);
        writer.Int32(identity.Node.Value);
        writer.Guid(identity.Instance);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[CrcOffset..], Crc32C.Of(bytes));

        files.DeleteTemporary(TemporaryName);
        using var file = new TemporaryFile(files, TemporaryName);
        file.File.Write(0, bytes);
        file.Publish(Name);
    }

    private static NodeIdentity Read(ReadOnlySpan<byte> bytes)
    {
        var version = BinaryPrimitives.ReadInt32LittleEndian(bytes[VersionOffset..]);
        if (version is < 1 or > Version)
        {
            throw new StorageVersionException(Name, version, Version);
        }

        if (bytes.Length != SizeOf(version))
        {
            throw new StorageCorruptedException(Name, bytes.Length, "it has the wrong length");
        }

        var reader = new SpanReader(bytes[HeaderBytes..]);
        var identity = new NodeIdentity(reader.Guid(), new NodeId(reader.Int32()));
        return version == 1 ? identity : identity with { Instance = reader.Guid() };
    }

    private static int SizeOf(int version) => version == 1 ? 36 : Size;
}
