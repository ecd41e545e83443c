using Cloudkeeper.Protocol;

namespace Cloudkeeper.Tree.Snapshots;

/// <summary>What there is once, and what the rest must come to.</summary>
/// <param name="Digest">Of the state at the moment of the snapshot.</param>
internal sealed record SnapshotHead(
    Revision Revision,
    long AppliedIndex,
    long Time,
    long LastLane,
    Revision CompactedTo,
    long NodeCount,
    ulong Digest);
