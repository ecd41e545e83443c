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
/// <remarks>
/// In a <see cref="Seal"/>, so that a gateway of this cluster has written it, under the name of this path. When that was, and
/// whether it counts, <see cref="CacheRule.FillShared"/> decides.
/// </remarks>
public static class SharedNode
{
    /// <summary>More than a value and the rest of an entry ever take; a larger one is not read whole.</summary>
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
            var entry = new CacheEntry(
                new ReadNodeResult(code, stat, contentType, value, absentSince), HasValue: true, at);
            return IsConsistent(entry) ? entry : null;
        }
        catch (WireFormatException)
        {
            return null;
        }
    }

    /// <summary>Whether an entry can be the state of a node, or its absence, at the revision that it claims.</summary>
    private static bool IsConsistent(CacheEntry entry) => entry.Node.Stat is { } stat
        ? entry.Node.Value.Length == stat.DataLength
            && entry.Node.AbsentSince == Revision.Zero
            && stat.CreatedRevision <= stat.ModifiedRevision
            && stat.ModifiedRevision <= entry.At
            && stat.ChildrenRevision <= entry.At
        : entry.Node.Value.IsEmpty
            && entry.Node.ContentType.Length == 0
            && entry.Node.AbsentSince >= Revision.Zero
            && entry.Node.AbsentSince <= entry.At;
}
