namespace Cloudkeeper.Raft;

/// <summary>What a member knows when it starts: its newest snapshot and the contiguous log behind it.</summary>
/// <param name="Snapshot">Null only in a log that begins at index 1 without one.</param>
/// <param name="Entries">In order, without a gap; the first may lie before the snapshot's index, never behind it + 1.</param>
public sealed record RecoveredState(HardState HardState, SnapshotMetadata? Snapshot, IReadOnlyList<LogEntry> Entries);
