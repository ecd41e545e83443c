namespace Cloudkeeper.Storage;

/// <summary>What the opening of a log has found: for the log and the metrics.</summary>
/// <param name="Segments">Files read; 0: the log is new.</param>
/// <param name="Records">Intact records read.</param>
/// <param name="Cut">What a crash had torn off and recovery has zeroed; null: the end was clean.</param>
/// <param name="Restarted">A newer snapshot has made the log void; it goes on behind the snapshot.</param>
public sealed record LogRecoveryReport(int Segments, int Records, TornTail? Cut, bool Restarted);

/// <summary>Bytes behind the last intact record that had never been synced.</summary>
public sealed record TornTail(string File, long Offset, long Bytes);
