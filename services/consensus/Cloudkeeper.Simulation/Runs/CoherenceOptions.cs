using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Simulation.Engine;

namespace Cloudkeeper.Simulation.Runs;

/// <summary>
/// What gateways keep and publish, all of it small, so that limits are reached. Times are virtual, in microseconds.
/// </summary>
internal sealed record CoherenceOptions
{
    /// <summary>Gateways answer from memory; else every read goes to the nodes.</summary>
    public bool HasCache { get; init; } = true;

    /// <summary>Gateways share what they read, and one of them publishes its feed.</summary>
    public bool HasRedis { get; init; } = true;

    /// <summary>Another cluster shares this Redis.</summary>
    public bool HasNeighbour { get; init; } = true;

    /// <summary>
    /// Entries in Redis are sealed; else the rules behind the seal are alone with the faults of Redis, without an
    /// attacker.
    /// </summary>
    public bool IsSealed { get; init; } = true;

    /// <summary>Clients that watch.</summary>
    public int Watchers { get; init; } = 4;

    /// <summary>Memory of a gateway's cache.</summary>
    public long CacheBytesMax { get; init; } = 1 << 20;

    /// <summary>The limits of watchers' queues, and of the window for watchers that come back.</summary>
    public WatchLimits Watches { get; init; } = new(8, 8 << 10, 16, 64 << 10);

    /// <summary>Transactions of the history that a node sends at a time.</summary>
    public int SetsPerRead { get; init; } = 16;

    /// <summary>A transaction that takes more comes in parts, and one that does not fit with those before it comes alone.</summary>
    public int FrameBytesMax { get; init; } = 400;

    /// <summary>Of a part, about.</summary>
    public int PartBytes { get; init; } = 150;

    /// <summary>Transactions of the window that a watcher gets at a time.</summary>
    public int WindowSetsPerRead { get; init; } = 8;

    /// <summary>Nodes that a watcher is shown at the beginning, a page.</summary>
    public int SnapshotPage { get; init; } = 5;

    /// <summary>Last transactions that a gateway asks for when it begins.</summary>
    public int Recent { get; init; } = 20;

    /// <summary>Parts of a feed on their way: then it has fallen behind, and ends.</summary>
    public int StreamMessagesMax { get; init; } = 64;

    /// <summary>Between two words of a feed in which nothing happens.</summary>
    public long ProgressInterval { get; init; } = 200 * Scheduler.Millisecond;

    /// <summary>A feed that sends nothing for so long is broken.</summary>
    public long Silence { get; init; } = 1_500 * Scheduler.Millisecond;

    /// <summary>A feed that has not reached a leader's revision for so long is left for another.</summary>
    public long LagMax { get; init; } = 3 * Scheduler.Second;

    /// <summary>How long a read waits for the feed before it asks a node.</summary>
    public long FeedWait { get; init; } = 50 * Scheduler.Millisecond;

    /// <summary>Mean time between the cache and the watchers of a gateway.</summary>
    public long PumpDelay { get; init; } = 1 * Scheduler.Millisecond;

    /// <summary>How long a lookup in Redis may take.</summary>
    public long LookupLimit { get; init; } = 50 * Scheduler.Millisecond;

    /// <summary>How long the right to publish lasts that is not renewed.</summary>
    public long SpeakerLease { get; init; } = 1 * Scheduler.Second;
}
