using Cloudkeeper.Protocol;

namespace Cloudkeeper.Tree.Snapshots;

/// <summary>The fields that there are once, and the sums to which the rest must come.</summary>
/// <param name="RetentionTime">Equal to <paramref name="Time"/> before feature level 2.</param>
/// <param name="LastStamp">0 before feature level 2: not needed there.</param>
/// <param name="LastTerm">0 before feature level 4, as <paramref name="LastAwake"/>.</param>
/// <param name="DeletionFloor">0 before feature level 4.</param>
/// <param name="Digest">Of the state at the moment of the snapshot.</param>
internal sealed record SnapshotHead(
    int FeatureLevel,
    Revision Revision,
    long AppliedIndex,
    long Time,
    long LastLane,
    Revision CompactedTo,
    long NodeCount,
    long RetentionTime,
    long LastStamp,
    long LastTerm,
    long LastAwake,
    Revision DeletionFloor,
    ulong Digest);
