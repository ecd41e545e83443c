using System.Buffers;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Coherence.Sharing;

/// <summary>An entry of the cache: a byte of version and the change as <see cref="ChangeCodec"/> writes it.</summary>
/// <remarks>
/// In a <see cref="Seal"/>, so that a gateway of this cluster has written it. It counts only if it fits the feed's
/// event.
/// </remarks>
public static class CachedChange
{
    /// <summary>More than two values and the rest of a change ever take; a larger entry is not read whole.</summary>
    public const int BytesMax = (2 * Limits.ValueBytesMax) + (8 << 10);

    private const byte FormatVersion = 1;

    public static byte[] Write(Change whole)
    {
        var output = new ArrayBufferWriter<byte>();
        output.WriteByte(FormatVersion);
        ChangeCodec.Write(output, whole);
        return output.WrittenSpan.ToArray();
    }

    /// <returns>Null: no entry of this change.</returns>
    public static Change? Read(ReadOnlySpan<byte> entry, Change known)
    {
        try
        {
            var reader = new WireReader(entry);
            if (reader.ReadByte() != FormatVersion)
            {
                return null;
            }

            var whole = ChangeCodec.Read(ref reader);
            reader.RequireEnd();
            return IsWholeOf(known, whole) ? whole : null;
        }
        catch (WireFormatException)
        {
            return null;
        }
    }

    /// <summary>Whether a change is the whole of the one that the feed carried in part.</summary>
    /// <remarks>
    /// A cluster whose disks were set back by hand has the same id and the same revisions a second time, but not at the same
    /// times: the stat, which has them to the millisecond, tells the two apart.
    /// </remarks>
    public static bool IsWholeOf(Change known, Change whole) =>
        whole == known with { Value = whole.Value, Previous = whole.Previous }
        && whole.Previous is null == (whole.Type == ChangeType.Created)
        && (whole.Type == ChangeType.Deleted ? whole.Value is null : whole.Value?.Length == whole.Stat.DataLength)
        && (known.Value is not { } value || value.Span.SequenceEqual(whole.Value!.Value.Span));
}
