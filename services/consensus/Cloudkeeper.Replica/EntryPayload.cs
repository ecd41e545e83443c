using System.Buffers.Binary;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Wire;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Replica;

/// <summary>A command entry of the log: the leader's clocks in front of the batch as the gateway wrote it.</summary>
/// <remarks>
/// <code>
/// 1 (1) | Unix milliseconds (8) | command batch
/// 2 (1) | Unix milliseconds (8) | milliseconds awake (8) | command batch
/// </code>
/// The second one from feature level 4 on. The receiver of a batch leaves <see cref="HeaderBytes"/> free in front of
/// it, so that it is never copied.
/// </remarks>
public static class EntryPayload
{
    public const int HeaderBytes = 17;

    private const int ShortHeaderBytes = 9;

    private const byte WithoutAwake = 1;
    private const byte WithAwake = 2;

    /// <returns>The entry: the payload, or its end when the header is a short one.</returns>
    public static Memory<byte> Stamp(Memory<byte> payload, EntryStamp stamp)
    {
        var entry = stamp.AwakeMilliseconds is null ? payload[(HeaderBytes - ShortHeaderBytes)..] : payload;
        var header = entry.Span;
        header[0] = stamp.AwakeMilliseconds is null ? WithoutAwake : WithAwake;
        BinaryPrimitives.WriteInt64LittleEndian(header[1..], stamp.UnixMilliseconds);
        if (stamp.AwakeMilliseconds is { } awake)
        {
            BinaryPrimitives.WriteInt64LittleEndian(header[ShortHeaderBytes..], awake);
        }

        return entry;
    }

    /// <exception cref="WireFormatException">The entry is of a newer version, or no batch.</exception>
    public static (EntryStamp Stamp, CommandBatch Batch) Read(ReadOnlySpan<byte> entry) =>
        (ReadStamp(entry), ReadBatch(entry));

    /// <summary>The commands behind a stamp that was read.</summary>
    /// <exception cref="WireFormatException">They are no batch.</exception>
    public static CommandBatch ReadBatch(ReadOnlySpan<byte> entry) =>
        CommandCodec.Read(entry[(entry[0] == WithAwake ? HeaderBytes : ShortHeaderBytes)..]);

    /// <exception cref="WireFormatException">The entry is of a newer version.</exception>
    public static EntryStamp ReadStamp(ReadOnlySpan<byte> entry)
    {
        var reader = new WireReader(entry);
        var hasAwake = !entry.IsEmpty && entry[0] == WithAwake;
        reader.RequireVersion(hasAwake ? WithAwake : WithoutAwake, "A log entry");
        return new EntryStamp(reader.ReadInt64(), hasAwake ? reader.ReadInt64() : null);
    }
}
