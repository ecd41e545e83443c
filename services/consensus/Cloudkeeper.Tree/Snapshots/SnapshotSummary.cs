using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Wire;
using Cloudkeeper.Tree.Snapshots;

namespace Cloudkeeper.Tree;

/// <summary>The summary of the whole in a snapshot's first block.</summary>
/// <param name="Time">Log time, Unix milliseconds.</param>
public sealed record SnapshotSummary(int FeatureLevel, Revision Revision, long AppliedIndex, long Time, long NodeCount)
{
    /// <exception cref="WireFormatException">It is not the first block of a snapshot.</exception>
    public static SnapshotSummary Read(ReadOnlySpan<byte> firstBlock)
    {
        var reader = new WireReader(firstBlock);
        var level = reader.ReadByte();
        if (level < FeatureLevels.First || reader.ReadByte() != (byte)SnapshotRecord.Head)
        {
            throw new WireFormatException("A snapshot begins with its head.");
        }

        var head = SnapshotFormat.ReadHead(ref reader, level);
        return new SnapshotSummary(level, head.Revision, head.AppliedIndex, head.Time, head.NodeCount);
    }
}
