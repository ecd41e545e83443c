using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Replica.Feed;

/// <summary>Frames as they stand on the stream: each behind its length.</summary>
internal static class FeedFrames
{
    /// <summary>
    /// Cuts what does not fit into a frame, and encodes piece by piece, as they are asked for. A piece has as many frames as it
    /// takes to come to the size of a part.
    /// </summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Encode(IEnumerable<FeedFrame> frames, FrameLimits limits)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var frame in frames.SelectMany(frame => Fit(frame, limits)))
        {
            Write(output, frame);
            if (output.WrittenCount >= limits.PartBytes)
            {
                yield return output.WrittenMemory;
                output = new ArrayBufferWriter<byte>();
            }
        }

        if (output.WrittenCount > 0)
        {
            yield return output.WrittenMemory;
        }
    }

    private static IEnumerable<FeedFrame> Fit(FeedFrame frame, FrameLimits limits) => frame is ChangeSetFrame { ChangeSet: var set }
        ? ChangeSetParts.Cut(set, limits.FrameBytesMax, limits.PartBytes)
        : [frame];

    private static void Write(ArrayBufferWriter<byte> output, FeedFrame frame)
    {
        var start = output.WrittenCount;
        output.GetSpan(sizeof(int));
        output.Advance(sizeof(int));
        FeedFrameCodec.Write(output, frame);
        var length = MemoryMarshal.AsMemory(output.WrittenMemory).Span[start..];
        BinaryPrimitives.WriteInt32LittleEndian(length, output.WrittenCount - start - sizeof(int));
    }
}
