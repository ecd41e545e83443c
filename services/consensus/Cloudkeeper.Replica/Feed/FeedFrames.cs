using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Replica.Feed;

/// <summary>Frames as they stand on the stream: each behind its length.</summary>
internal static class FeedFrames
{
    /// <summary>A frame of a usual write fits into it.</summary>
    private const int FirstBytes = 1024;

    /// <summary>
    /// Cuts change sets that do not fit into a frame, and encodes piece by piece, as they are asked for. A piece has as
    /// many frames as it takes to come to the size of a part.
    /// </summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Encode(IReadOnlyList<FeedFrame> frames, FrameLimits limits)
    {
        var output = new ArrayBufferWriter<byte>(FirstBytes);
        for (var i = 0; i < frames.Count; i++)
        {
            using var parts = PartsOf(frames[i], limits);
            parts?.MoveNext();
            do
            {
                Write(output, parts?.Current ?? frames[i]);
                if (output.WrittenCount >= limits.PartBytes)
                {
                    yield return output.WrittenMemory;
                    output = new ArrayBufferWriter<byte>(FirstBytes);
                }
            }
            while (parts?.MoveNext() == true);
        }

        if (output.WrittenCount > 0)
        {
            yield return output.WrittenMemory;
        }
    }

    /// <summary>Null: it fits as it is.</summary>
    private static IEnumerator<FeedFrame>? PartsOf(FeedFrame frame, FrameLimits limits) =>
        frame is ChangeSetFrame { ChangeSet: var set } && ChangeSetSize.OfFrame(set) > limits.FrameBytesMax
            ? ChangeSetParts.Cut(set, limits.FrameBytesMax, limits.PartBytes).GetEnumerator()
            : null;

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
