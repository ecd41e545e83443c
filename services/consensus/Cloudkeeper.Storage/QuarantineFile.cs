using System.Buffers.Binary;
using System.Text;

namespace Cloudkeeper.Storage;

/// <summary>
/// The file that marks this directory as damaged: its node must not vote with it. It stays until the cluster has
/// accepted the node's successor and the damaged files have been put aside.
/// </summary>
/// <remarks>
/// <code>
///   0  magic "CKRAFTQU"     8
///   8  version = 1          4
///  12  crc32c               4   of the whole file, this field taken as zero
///  16  instance            16   of the successor
///  32  reason, in UTF-8
/// </code>
/// </remarks>
public static class QuarantineFile
{
    public const string Name = "quarantine";

    private const string TemporaryName = "tmp-quarantine";
    private const int Version = 1;
    private const int CrcOffset = 12;
    private const int HeaderBytes = 32;
    private const int LengthMax = 64 << 10;

    private static ReadOnlySpan<byte> Magic => "CKRAFTQU"u8;

    /// <summary>Null: the directory is not known to be damaged.</summary>
    /// <exception cref="StorageCorruptedException">There is such a file, but it cannot be read.</exception>
    public static Quarantine? Load(IFileSystem files)
    {
        ArgumentNullException.ThrowIfNull(files);
        if (!files.List().Contains(Name, StringComparer.Ordinal))
        {
            return null;
        }

        using var file = files.Open(Name, FileOpening.Existing);
        var bytes = new byte[Math.Min(file.Length, LengthMax)];
        if (file.Read(0, bytes) < HeaderBytes || !bytes.AsSpan().StartsWith(Magic))
        {
            throw new StorageCorruptedException(Name, 0, "it is no quarantine file");
        }

        var crc = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(CrcOffset));
        bytes.AsSpan(CrcOffset, sizeof(uint)).Clear();
        if (Crc32C.Of(bytes) != crc)
        {
            throw new StorageCorruptedException(Name, CrcOffset, "its checksum does not match");
        }

        var version = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(Magic.Length));
        return version == Version
            ? new Quarantine(new Guid(bytes.AsSpan(16, 16)), Encoding.UTF8.GetString(bytes.AsSpan(HeaderBytes)))
            : throw new StorageVersionException(Name, version, Version);
    }

    /// <summary>Stores it durably, in place of an older one.</summary>
    public static void Save(IFileSystem files, Quarantine quarantine)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(quarantine);
        var reason = Encoding.UTF8.GetBytes(quarantine.Reason).AsSpan();
        reason = reason[..Math.Min(reason.Length, LengthMax - HeaderBytes)];
        var bytes = new byte[HeaderBytes + reason.Length];
        var writer = new SpanWriter(bytes);
        writer.Bytes(Magic);
        writer.Int32(Version);
        writer.UInt32(0);
        writer.Guid(quarantine.Successor);
        writer.Bytes(reason);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(CrcOffset), Crc32C.Of(bytes));

        files.DeleteTemporary(TemporaryName);
        using var file = new TemporaryFile(files, TemporaryName);
        file.File.Write(0, bytes);
        file.Publish(Name);
    }

    /// <summary>The successor is a member: the directory is its own now.</summary>
    public static void Delete(IFileSystem files)
    {
        ArgumentNullException.ThrowIfNull(files);
        if (files.List().Contains(Name, StringComparer.Ordinal))
        {
            files.Delete(Name);
            files.SyncDirectory();
        }
    }
}

/// <param name="Successor">The instance under which the node asks to come back.</param>
/// <param name="Reason">The finding, for the operator.</param>
public sealed record Quarantine(Guid Successor, string Reason);
