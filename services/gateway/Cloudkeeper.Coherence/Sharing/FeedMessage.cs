using System.Buffers;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Coherence.Sharing;

/// <summary>
/// A frame of the change feed on its way through Redis: a byte of version, the cluster, the publisher, and the frame. A
/// transaction names the revision before it and its own, so that a subscriber knows whether something is missing.
/// </summary>
/// <remarks>
/// In a <see cref="Seal"/>, so that a gateway of this cluster has published it, on this channel. Whether it still
/// counts, <see cref="Feed.FeedRule.Hear"/> decides.
/// </remarks>
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
            return frame is ProgressFrame || (frame is ChangeSetFrame { ChangeSet: var set } && HasPaths(set))
                ? new FeedMessage(cluster, new Guid(bytes.Slice(17, 16)), frame)
                : null;
        }
        catch (WireFormatException)
        {
            return null;
        }
    }

    /// <summary>Whether all its names are paths: they are looked up by their parts.</summary>
    private static bool HasPaths(ChangeSet set)
    {
        foreach (var change in set.Changes)
        {
            if (NodePath.Check(change.Path) is not null)
            {
                return false;
            }
        }

        return set.TouchedParents.All(static path => NodePath.Check(path) is null);
    }
}
