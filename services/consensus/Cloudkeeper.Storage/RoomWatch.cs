namespace Cloudkeeper.Storage;

/// <summary>
/// Judges whether the disk still has room for growth: as long as the log has its reserve and the next snapshot would find
/// room. Without that snapshot the log could never be cut again, and deleting nodes would free nothing.
/// </summary>
/// <remarks>
/// The next snapshot is at most as large as the newest one and all of the log together. A segment on top of that is the
/// margin for writes that are on their way between two looks.
/// </remarks>
public sealed class RoomWatch(IFileSystem files, RaftLogStore log, SnapshotStore snapshots, int segmentBytes)
{
    /// <summary>Growth begins again with so much more room than it ended with, so that it does not flicker.</summary>
    private const double RelaxFactor = 1.25;

    private bool _isLow;

    /// <summary>
    /// Whether a write that has found room calls for another look at once: one that waited for it, or one that took the
    /// reserve, which growth must not use up until the next look would be due.
    /// </summary>
    /// <param name="known">The result of the last look, or <see cref="StorageRoom.Full"/> while a write waits.</param>
    public bool IsDueAfterWrite(StorageRoom known) =>
        known == StorageRoom.Full || (known == StorageRoom.Plenty && !log.HasReserve);

    /// <summary>
    /// How large a snapshot may be that comes from a peer: it must leave the log's reserve, since the log goes on while
    /// it comes. Readable from any thread.
    /// </summary>
    public long ForReceivedSnapshot => Math.Max(0, files.FreeBytes - log.ReserveBytes);

    /// <summary>Looks at the disk. On the thread that owns the log.</summary>
    /// <exception cref="StorageFailedException">Fatal.</exception>
    public StorageRoom Look()
    {
        var wanted = snapshots.NewestBytes + log.SizeBytes + segmentBytes;
        _isLow = !log.TryKeepReserve() || files.FreeBytes < (_isLow ? RelaxFactor : 1) * wanted;
        return _isLow ? StorageRoom.Low : StorageRoom.Plenty;
    }
}
