using System.Buffers;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Coherence.Sharing;

/// <summary>
/// A frame of the change feed on its way through Redis: a byte of version, the cluster, who says it, and the frame. A
/// transaction names the revision before it and its own, so that whoever hears it knows whether something is missing.
/// </summary>
/// <remarks>What comes out of Redis is not trusted: anybody may have published there.</remarks>
public sealed record FeedMessage(Guid Cluster, Guid Speaker, FeedFrame Frame)
{
    private const byte FormatVersion = 1;

    public byte[] Write()
    {
        var output = new ArrayBufferWriter<byte>();
        output.WriteByte(FormatVersion);
        output.WriteGuid(Cluster);
        output.WriteGuid(Speaker);
        FeedFrameCodec.Write(output, Frame);
        return output.WrittenSpan.ToArray();
    }

    /// <returns>Null: no message of this cluster.</returns>
    public static FeedMessage? Read(ReadOnlySpan<byte> bytes, Guid cluster)
    {
        const int HeadBytes = 1 + 16 + 16;
        if (bytes.Length <= HeadBytes || bytes[0] != FormatVersion || new Guid(bytes.Slice(1, 16)) != cluster)
        {
            return null;
        }

        try
        {
            var frame = FeedFrameCodec.Read(bytes[HeadBytes..]);
            return frame is ChangeSetFrame or ProgressFrame
                ? new FeedMessage(cluster, new Guid(bytes.Slice(17, 16)), frame)
                : null;
        }
        catch (WireFormatException)
        {
            return null;
        }
    }
}
