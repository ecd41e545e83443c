using System.Buffers;
using Cloudkeeper.Coherence.Cache;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Coherence.Sharing;

/// <summary>
/// An entry as it stands in Redis: a byte of version, the cluster, the path, the revision at which it was read, then the
/// stat, content type and value, or since when the node is absent.
/// </summary>
/// <remarks>What comes out of Redis is not trusted: anybody may have written there.</remarks>
public static class SharedNode
{
    /// <summary>More than a value and the rest of an entry ever take; what is larger is not read whole.</summary>
    public const int BytesMax = Limits.ValueBytesMax + (8 << 10);

    private const byte FormatVersion = 1;

    public static byte[] Write(Guid cluster, string path, CacheEntry entry)
    {
        var output = new ArrayBufferWriter<byte>();
        output.WriteByte(FormatVersion);
        output.WriteGuid(cluster);
        output.WriteString(path);
        output.WriteInt64(entry.At.Value);
        output.WriteOptionalStat(entry.Node.Stat);
        output.WriteInt64(entry.Node.AbsentSince.Value);
        output.WriteString(entry.Node.ContentType);
        output.WriteBytes(entry.Node.Value.Span);
        return output.WrittenSpan.ToArray();
    }

    /// <returns>Null: no entry of this path of this cluster.</returns>
    public static CacheEntry? Read(ReadOnlySpan<byte> bytes, Guid cluster, string path)
    {
        try
        {
            var reader = new WireReader(bytes);
            if (reader.ReadByte() != FormatVersion || reader.ReadGuid() != cluster
                || reader.ReadString(Limits.PathBytesMax) != path)
            {
                return null;
            }

            var at = new Revision(reader.ReadInt64());
            var stat = reader.ReadOptionalStat();
            var absentSince = new Revision(reader.ReadInt64());
            var contentType = reader.ReadString();
            var value = reader.ReadBytes(Limits.ValueBytesMax);
            reader.RequireEnd();
            var code = stat is null ? ResultCode.NodeNotFound : ResultCode.Ok;
            return value.Length == (stat?.DataLength ?? 0)
                ? new CacheEntry(new ReadNodeResult(code, stat, contentType, value, absentSince), HasValue: true, at)
                : null;
        }
        catch (WireFormatException)
        {
            return null;
        }
    }
}
