using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Watches;

/// <summary>What was there at one revision.</summary>
/// <param name="Nodes">In the order of the paths.</param>
internal sealed record Snapshot(Revision Revision, IReadOnlyDictionary<string, SnapshotNode> Nodes);

/// <param name="Value">Null where no values were asked for.</param>
/// <param name="ReadAt">The revision at which it was seen.</param>
internal sealed record SnapshotNode(NodeStat Stat, string ContentType, ReadOnlyMemory<byte>? Value, Revision ReadAt);
