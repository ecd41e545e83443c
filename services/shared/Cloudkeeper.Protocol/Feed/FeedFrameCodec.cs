using System.Buffers;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Protocol.Feed;

/// <summary>Bytes of one frame, behind its length on the stream.</summary>
public static class FeedFrameCodec
{
    /// <summary>
    /// Largest frame. A change set can carry thousands of small changes (a session's end): larger than one value. One that is
    /// larger than this comes in parts (<see cref="ChangeSetParts"/>).
    /// </summary>
    public const int FrameBytesMax = 64 << 20;

    private enum Tag : byte
    {
        ChangeSet = 0,
        Progress = 1,
        Compacted = 2,
        Start = 3,

        /// <summary>A change set that has touched parents.</summary>
        TouchingChangeSet = 4,
        ChangeSetPart = 5,
    }

    public static void Write(IBufferWriter<byte> output, FeedFrame frame)
    {
        switch (frame)
        {
            case ChangeSetFrame { ChangeSet: var set }:
                output.WriteByte((byte)(set.TouchedParents.Count > 0 ? Tag.TouchingChangeSet : Tag.ChangeSet));
                ChangeCodec.WriteForFeed(output, set);
                break;
            case ChangeSetPartFrame part:
                output.WriteByte((byte)Tag.ChangeSetPart);
                output.WriteInt32(part.Index);
                output.WriteBoolean(part.IsLast);
                output.WriteBoolean(part.Part.TouchedParents.Count > 0);
                ChangeCodec.WriteForFeed(output, part.Part);
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
        FeedFrame frame = reader.ReadEnum(Tag.ChangeSetPart) switch
        {
            Tag.ChangeSet => new ChangeSetFrame(ChangeCodec.ReadSet(ref reader, hasTouchedParents: false)),
            Tag.TouchingChangeSet => new ChangeSetFrame(ChangeCodec.ReadSet(ref reader, hasTouchedParents: true)),
            Tag.ChangeSetPart => ReadPart(ref reader),
            Tag.Progress => new ProgressFrame(new Revision(reader.ReadInt64())),
            Tag.Compacted => new CompactedFrame(new Revision(reader.ReadInt64())),
            _ => new StartFrame(reader.ReadGuid(), new Revision(reader.ReadInt64())),
        };
        reader.RequireEnd();
        return frame;
    }

    private static ChangeSetPartFrame ReadPart(ref WireReader reader)
    {
        var (index, isLast, hasTouchedParents) = (reader.ReadInt32(), reader.ReadBoolean(), reader.ReadBoolean());
        return new ChangeSetPartFrame(ChangeCodec.ReadSet(ref reader, hasTouchedParents), index, isLast);
    }
}
