using System.Buffers;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Protocol.Feed;

/// <summary>Bytes of one frame, behind its length on the stream.</summary>
public static class FeedFrameCodec
{
    /// <summary>A change set can carry thousands of small changes (a session's end): larger than one value.</summary>
    public const int FrameBytesMax = 64 << 20;

    private enum Tag : byte
    {
        ChangeSet = 0,
        Progress = 1,
        Compacted = 2,
        Start = 3,
    }

    public static void Write(IBufferWriter<byte> output, FeedFrame frame)
    {
        switch (frame)
        {
            case ChangeSetFrame changes:
                output.WriteByte((byte)Tag.ChangeSet);
                ChangeCodec.WriteForFeed(output, changes.ChangeSet);
                break;
            case ProgressFrame progress:
                output.WriteByte((byte)Tag.Progress);
                output.WriteInt64(progress.Revision.Value);
                break;
            case CompactedFrame compacted:
                output.WriteByte((byte)Tag.Compacted);
                output.WriteInt64(compacted.OldestRevision.Value);
                break;
            case StartFrame start:
                output.WriteByte((byte)Tag.Start);
                output.WriteGuid(start.Cluster);
                output.WriteInt64(start.From.Value);
                break;
            default:
                throw new ArgumentException("No encoding for this frame.", nameof(frame));
        }
    }

    /// <exception cref="WireFormatException">Not a frame.</exception>
    public static FeedFrame Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        FeedFrame frame = reader.ReadEnum(Tag.Start) switch
        {
            Tag.ChangeSet => new ChangeSetFrame(ChangeCodec.ReadSet(ref reader)),
            Tag.Progress => new ProgressFrame(new Revision(reader.ReadInt64())),
            Tag.Compacted => new CompactedFrame(new Revision(reader.ReadInt64())),
            _ => new StartFrame(reader.ReadGuid(), new Revision(reader.ReadInt64())),
        };
        reader.RequireEnd();
        return frame;
    }
}
