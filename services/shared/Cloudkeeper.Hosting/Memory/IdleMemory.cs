using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cloudkeeper.Hosting.Memory;

/// <summary>Gives memory back to the machine when <see cref="IdleMemoryRule"/> decides so.</summary>
/// <remarks>
/// Measured with the server's collector: the memory of garbage stays with the process, however long it is idle, and
/// also behind a full collection. Only an aggressive one gives it back (of 477 MiB 56 were left, with a heap of 18),
/// and it stops all threads for about half a millisecond per MiB of the heap. So everything is collected beside the
/// threads first; then, if what is left is small, all of it is compacted. A large heap (a node's tree) would stop its
/// node for longer than it takes to be thought dead: there only the garbage is gone, and what it took is used again.
/// </remarks>
internal sealed partial class IdleMemory(TimeProvider time, ILogger<IdleMemory> logger) : BackgroundService
{
    /// <summary>Heaps up to here are compacted: some fifty milliseconds, a tenth of an election timeout.</summary>
    private const long CompactedBytesMax = 128L << 20;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly IdleMemoryRule _rule = new();

    private long Milliseconds => (long)time.GetElapsedTime(0).TotalMilliseconds;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (_rule.IsDue(Milliseconds, GC.GetTotalAllocatedBytes(), Environment.WorkingSet))
            {
                var before = Environment.WorkingSet;
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
                await timer.WaitForNextTickAsync(stoppingToken);
                Compact(before);
                _rule.Collected(Milliseconds, Environment.WorkingSet);
            }
        }
    }

    private void Compact(long before)
    {
        var pauses = GC.GetTotalPauseDuration();
        if (GC.GetTotalMemory(forceFullCollection: false) <= CompactedBytesMax)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }

        LogCollected(
            logger, before >> 20, Environment.WorkingSet >> 20, GC.GetGCMemoryInfo(GCKind.Any).HeapSizeBytes >> 20,
            (GC.GetTotalPauseDuration() - pauses).TotalMilliseconds);
    }

    [LoggerMessage(
        LogLevel.Information,
        "Idle after a burst: of {Before} MiB in memory {After} are left, with a heap of {Heap}, after a pause of {Pause:F0} ms")]
    private static partial void LogCollected(ILogger logger, long before, long after, long heap, double pause);
}
