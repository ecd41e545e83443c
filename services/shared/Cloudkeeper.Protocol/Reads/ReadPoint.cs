using System.Buffers;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Protocol.Reads;

/// <summary>
/// The lower bound of a linearizable read: a state of <paramref name="Cluster"/> at <paramref name="Revision"/> or
/// later reflects everything that was acknowledged before the question was asked.
/// </summary>
public readonly record struct ReadPoint(Guid Cluster, Revision Revision)
{
    private const byte FormatVersion = 1;

    public static void Write(IBufferWriter<byte> output, ReadPoint point)
    {
        output.WriteByte(FormatVersion);
        output.WriteGuid(point.Cluster);
        output.WriteInt64(point.Revision.Value);
    }

    /// <exception cref="WireFormatException">No read point.</exception>
    public static ReadPoint Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        reader.RequireVersion(FormatVersion, "A read point");
        var point = new ReadPoint(reader.ReadGuid(), new Revision(reader.ReadInt64()));
        reader.RequireEnd();
        return point;
    }
}
