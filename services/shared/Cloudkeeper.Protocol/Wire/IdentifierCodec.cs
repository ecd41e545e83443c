using System.Buffers;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Protocol.Wire;

/// <summary>Identifiers and the stat of a node, as they stand in every binary format.</summary>
public static class IdentifierCodec
{
    public static SessionId? ReadSession(this ref WireReader reader) =>
        reader.ReadOptionalInt64() is { } id ? new SessionId(id) : null;

    public static Revision? ReadRevision(this ref WireReader reader) =>
        reader.ReadOptionalInt64() is { } revision ? new Revision(revision) : null;

    public static void WriteGuid(this IBufferWriter<byte> output, Guid value)
    {
        ArgumentNullException.ThrowIfNull(output);
        value.TryWriteBytes(output.GetSpan(16));
        output.Advance(16);
    }

    public static Guid ReadGuid(this ref WireReader reader)
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128LittleEndian(bytes, reader.ReadUInt128());
        return new Guid(bytes);
    }

    public static void WriteStat(this IBufferWriter<byte> output, NodeStat stat)
    {
        output.WriteInt64(stat.CreatedRevision.Value);
        output.WriteInt64(stat.ModifiedRevision.Value);
        output.WriteInt64(stat.ChildrenRevision.Value);
        output.WriteInt64(stat.CreatedAt);
        output.WriteInt64(stat.ModifiedAt);
        output.WriteInt32(stat.Version);
        output.WriteInt32(stat.ChildrenVersion);
        output.WriteInt32(stat.AclVersion);
        output.WriteByte((byte)stat.Kind);
        output.WriteOptional(stat.EphemeralOwner?.Value);
        output.WriteInt64(stat.TtlMilliseconds);
        output.WriteInt32(stat.DataLength);
        output.WriteInt32(stat.ChildCount);
    }

    public static NodeStat ReadStat(this ref WireReader reader) => new(
        new Revision(reader.ReadInt64()),
        new Revision(reader.ReadInt64()),
        new Revision(reader.ReadInt64()),
        reader.ReadInt64(),
        reader.ReadInt64(),
        reader.ReadInt32(),
        reader.ReadInt32(),
        reader.ReadInt32(),
        reader.ReadEnum(NodeKind.Ttl),
        reader.ReadSession(),
        reader.ReadInt64(),
        reader.ReadInt32(),
        reader.ReadInt32());

    public static void WriteOptionalStat(this IBufferWriter<byte> output, NodeStat? stat)
    {
        output.WriteBoolean(stat.HasValue);
        if (stat is { } present)
        {
            output.WriteStat(present);
        }
    }

    public static NodeStat? ReadOptionalStat(this ref WireReader reader) =>
        reader.ReadBoolean() ? reader.ReadStat() : null;

    public static void WriteArrival(this IBufferWriter<byte> output, Arrival arrival)
    {
        output.WriteInt64(arrival.Created.Value);
        output.WriteString(arrival.Path);
    }

    public static Arrival ReadArrival(this ref WireReader reader) =>
        new(new Revision(reader.ReadInt64()), reader.ReadString(Limits.PathBytesMax));
}
