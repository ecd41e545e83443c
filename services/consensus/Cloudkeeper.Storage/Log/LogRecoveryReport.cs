namespace Cloudkeeper.Storage;

/// <summary>The findings at the opening of a log: for the log and the metrics.</summary>
/// <param name="Segments">Files read; 0: the log is new.</param>
/// <param name="Records">Intact records read.</param>
/// <param name="Cut">The tail that a crash had torn and recovery has zeroed; null: the end was clean.</param>
/// <param name="Restarted">A newer snapshot has made the log void; it goes on behind the snapshot.</param>
public sealed record LogRecoveryReport(int Segments, int Records, TornTail? Cut, bool Restarted);

/// <summary>Bytes behind the last intact record that had never been synced.</summary>
public sealed record TornTail(string File, long Offset, long Bytes);
