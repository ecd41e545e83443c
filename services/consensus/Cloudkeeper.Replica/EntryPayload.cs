using System.Buffers.Binary;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Replica;

/// <summary>A command entry of the log: the leader's timestamp in front of the batch as the gateway wrote it.</summary>
/// <remarks>
/// <code>version (1) | Unix milliseconds (8) | command batch</code>
/// Whoever receives a batch leaves <see cref="HeaderBytes"/> free in front of it, so that it is never copied.
/// </remarks>
public static class EntryPayload
{
    public const int HeaderBytes = 9;

    private const byte Version = 1;

    public static void Stamp(Span<byte> payload, long unixMilliseconds)
    {
        payload[0] = Version;
        BinaryPrimitives.WriteInt64LittleEndian(payload[1..], unixMilliseconds);
    }

    /// <exception cref="WireFormatException">The entry is of a newer version, or no batch.</exception>
    public static (long Timestamp, CommandBatch Batch) Read(ReadOnlySpan<byte> payload)
    {
        var reader = new WireReader(payload);
        reader.RequireVersion(Version, "A log entry");
        return (reader.ReadInt64(), CommandCodec.Read(payload[HeaderBytes..]));
    }
}
