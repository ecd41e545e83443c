using System.Buffers.Binary;

namespace Cloudkeeper.Storage;

/// <summary>The bytes behind the header of a snapshot file: blocks of payload, and a footer.</summary>
/// <remarks>
/// <code>
/// +-----------+-----------+------------------+     +------+-----------+-----------------+-----------+----------+
/// | length, 4 | crc32c, 4 | payload (length) | ... | 0, 4 | crc32c, 4 | total length, 8 | blocks, 8 | whole, 4 |
/// +-----------+-----------+------------------+     +------+-----------+-----------------+-----------+----------+
/// </code>
/// Each checksum is seeded with the file's header, the offset and the length. <c>whole</c> is the checksum of all
/// the blocks' checksums in order.
/// </remarks>
internal static class SnapshotBlock
{
    public const int HeaderBytes = 8;
    public const int FooterBytes = HeaderBytes + FooterPayloadBytes;

    private const int FooterPayloadBytes = 20;

    public static uint CrcOf(uint seed, long offset, ReadOnlySpan<byte> payload) =>
        Crc32C.Append(Crc32C.Append(Crc32C.Append(seed, offset), payload.Length), payload);

    public static void WriteHeader(Span<byte> output, int length, uint crc)
    {
        BinaryPrimitives.WriteInt32LittleEndian(output, length);
        BinaryPrimitives.WriteUInt32LittleEndian(output[sizeof(int)..], crc);
    }

    public static (int Length, uint Crc) ReadHeader(ReadOnlySpan<byte> input) =>
        (BinaryPrimitives.ReadInt32LittleEndian(input), BinaryPrimitives.ReadUInt32LittleEndian(input[sizeof(int)..]));

    public static uint AppendToWhole(uint whole, uint crc) => Crc32C.Append(whole, (long)crc);

    public static byte[] Footer(uint seed, long offset, long blocks, uint whole)
    {
        var footer = new byte[FooterBytes];
        var writer = new SpanWriter(footer.AsSpan(HeaderBytes));
        writer.Int64(offset + FooterBytes);
        writer.Int64(blocks);
        writer.UInt32(whole);
        WriteHeader(footer, 0, CrcOf(seed, offset, footer.AsSpan(HeaderBytes)));
        return footer;
    }
}
