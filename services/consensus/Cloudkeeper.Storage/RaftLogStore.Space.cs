namespace Cloudkeeper.Storage;

/// <content>Where the room for the next writes comes from.</content>
public sealed partial class RaftLogStore
{
    /// <summary>The reserve is this part of a segment.</summary>
    private const int ReserveShare = 4;

    private const int ReserveBytesMin = 4 << 10;

    private int _spares;

    /// <summary>How much is kept aside.</summary>
    internal long ReserveBytes => Math.Max(ReserveBytesMin, _options.SegmentBytes / ReserveShare);

    /// <summary>
    /// Makes sure that writes which take up to this many bytes together will find room; without this call
    /// <see cref="Append"/> does it for itself.
    /// </summary>
    /// <remarks>When the disk has no room for a whole segment a smaller one does, and the reserve comes last.</remarks>
    /// <exception cref="StorageFullException">There is no room now. Nothing has been changed.</exception>
    public void EnsureSpace(long bytes)
    {
        ThrowIfFailed();
        if (bytes <= _active.Free || bytes <= _spare?.Room)
        {
            return;
        }

        try
        {
            _spare?.Delete();
            _spare = null;
            _spare = AllocateNext(bytes);
        }
        catch (StorageFullException) when (bytes <= _reserve?.Room)
        {
            (_spare, _reserve) = (_reserve, null);
        }
        catch (StorageException e) when (e is not StorageFullException)
        {
            throw Fail(e);
        }
    }

    /// <summary>
    /// Keeps room aside with which the log can go on for a while once the disk is full: with commands that make the
    /// state smaller, and with Raft's own state.
    /// </summary>
    /// <returns>False: the reserve is in use, and there is no room for another one now.</returns>
    /// <exception cref="StorageFailedException">Fatal: this object is of no more use.</exception>
    public bool TryKeepReserve()
    {
        ThrowIfFailed();
        try
        {
            _reserve ??= new SpareSegment(_files, ++_spares, ReserveBytes);
            return true;
        }
        catch (StorageFullException)
        {
            return false;
        }
        catch (StorageException e)
        {
            throw Fail(e);
        }
    }

    /// <summary>Whether the reserve is kept aside, and not in use.</summary>
    internal bool HasReserve => _reserve is not null;

    private SpareSegment AllocateNext(long bytes)
    {
        var needed = (SegmentHeader.Size + bytes + PageBytes - 1) & ~(PageBytes - 1L);
        for (var capacity = Math.Max(_options.SegmentBytes, needed); ; capacity /= 2)
        {
            try
            {
                return new SpareSegment(_files, ++_spares, Math.Max(capacity, needed));
            }
            catch (StorageFullException) when (capacity / 2 >= Math.Max(needed, ReserveBytes))
            {
                // Half of it may be there.
            }
        }
    }
}
