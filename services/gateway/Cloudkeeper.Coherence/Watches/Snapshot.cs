using Cloudkeeper.Protocol;

namespace Cloudkeeper.Coherence.Watches;

/// <summary>The nodes at one revision.</summary>
/// <param name="Nodes">In the order of the paths.</param>
public sealed record Snapshot(Revision Revision, IReadOnlyDictionary<string, SnapshotNode> Nodes);

/// <param name="Stat">
/// But for its members about children: children come and go without an event for their parent.
/// </param>
/// <param name="Value">Null unless the watch wants values.</param>
/// <param name="ReadAt">The revision at which it was seen.</param>
public sealed record SnapshotNode(NodeStat Stat, string ContentType, ReadOnlyMemory<byte>? Value, Revision ReadAt);
