using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Replica.Feed;

/// <summary>Frames as they stand on the stream: each behind its length.</summary>
internal static class FeedFrames
{
    public static ReadOnlyMemory<byte> Encode(IReadOnlyList<ChangeSet> changes)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var set in changes)
        {
            Write(output, new ChangeSetFrame(set));
        }

        return output.WrittenMemory;
    }

    public static ReadOnlyMemory<byte> Encode(params IEnumerable<FeedFrame> frames)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var frame in frames)
        {
            Write(output, frame);
        }

        return output.WrittenMemory;
    }

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
