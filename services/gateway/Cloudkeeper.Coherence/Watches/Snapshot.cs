using Cloudkeeper.Protocol;

namespace Cloudkeeper.Coherence.Watches;

/// <summary>What was there at one revision.</summary>
/// <param name="Nodes">In the order of the paths.</param>
public sealed record Snapshot(Revision Revision, IReadOnlyDictionary<string, SnapshotNode> Nodes);

/// <param name="Stat">But for what it says of children: they come and go without a change that tells it.</param>
/// <param name="Value">Null where no values were asked for.</param>
/// <param name="ReadAt">The revision at which it was seen.</param>
public sealed record SnapshotNode(NodeStat Stat, string ContentType, ReadOnlyMemory<byte>? Value, Revision ReadAt);
