namespace Cloudkeeper.Coherence.Watches;

/// <param name="EventsMax">Events that may wait for one watcher; a single transaction may exceed it.</param>
/// <param name="BytesMax">Bytes that may wait for one watcher.</param>
/// <param name="WindowSetsMax">Change sets that are kept for watchers that come back.</param>
public sealed record WatchLimits(int EventsMax, long BytesMax, int WindowSetsMax, long WindowBytesMax)
{
    /// <summary>
    /// Bytes that may wait for all watchers together; the longest queues are lost. Default: no bound.
    /// </summary>
    public long AllBytesMax { get; init; } = long.MaxValue;
}
