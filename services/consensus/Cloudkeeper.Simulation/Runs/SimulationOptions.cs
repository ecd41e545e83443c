using Cloudkeeper.Replica;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Runs;

/// <summary>The parameters of one run. Times are virtual, in microseconds, unless the name has another unit.</summary>
internal sealed record SimulationOptions
{
    /// <summary>Decides all that happens in the run.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The mistake that is switched on, to show that the invariants would find it.</summary>
    public Bug Bug { get; init; }

    /// <summary>Voters.</summary>
    public int Nodes { get; init; } = 3;

    /// <summary>Machines that may join later.</summary>
    public int Spares { get; init; }

    /// <summary>
    /// The cluster begins with one voter, which expects the others; else it is complete from the start.
    /// </summary>
    public bool IsFoundedAlone { get; init; }

    /// <summary>
    /// How many of the machines begin with a program that knows only <see cref="OldLevel"/>, and get the present one while
    /// the cluster runs: 0 to 1.
    /// </summary>
    public double OldPrograms { get; init; }

    /// <summary>The newest feature level that the old program knows.</summary>
    public int OldLevel { get; init; } = FeatureLevels.First;

    /// <summary>How many of these machines go back to the old program for a while: 0 to 1.</summary>
    public double UndoneUpgrades { get; init; }

    /// <summary>Each with lanes of its own.</summary>
    public int Gateways { get; init; } = 2;

    /// <summary>Each with one call under way at a time.</summary>
    public int Clients { get; init; } = 6;

    /// <summary>Lanes of a gateway.</summary>
    public int Lanes { get; init; } = 2;

    /// <summary>How many paths the clients share.</summary>
    public int Keys { get; init; } = 10;

    /// <summary>
    /// Clients grow and cut subtrees and nodes with a TTL, too, and meet small bounds of one revision.
    /// </summary>
    public bool HasGarden { get; init; }

    /// <summary>Mean pause of a client between two calls.</summary>
    public long ThinkTime { get; init; } = 20 * Scheduler.Millisecond;

    /// <summary>Time to live of the sessions that clients open.</summary>
    public long SessionTtlMilliseconds { get; init; } = 3_000;

    /// <summary>Between two ticks of a node.</summary>
    public long Tick { get; init; } = 50 * Scheduler.Millisecond;

    /// <summary>Longest time by which inputs of a node wait to be handled together.</summary>
    public long TurnDelay { get; init; } = 200;

    /// <summary>
    /// How the replicas are set; a run may make everything in them small, so that limits are reached.
    /// </summary>
    public ReplicaOptions Replica { get; init; } = new();

    /// <summary>What gateways keep and publish.</summary>
    public CoherenceOptions Coherence { get; init; } = new();

    /// <summary>Length of a log segment: small, so that a run sees many.</summary>
    public int SegmentBytes { get; init; } = 64 << 10;

    /// <summary>How far the log is filled with zeros ahead of its records.</summary>
    public int ZeroAheadBytes { get; init; } = 4 << 10;

    /// <summary>Bytes of a snapshot that travel in one message.</summary>
    public int ChunkBytes { get; init; } = 4 << 10;

    /// <summary>Which kinds of fault there are.</summary>
    public FaultClass Faults { get; init; } = FaultClass.All;

    /// <summary>Bits rot on any number of disks: then the cluster may stand still, but must not be wrong.</summary>
    public bool MayLoseQuorum { get; init; }

    /// <summary>Mean time between two faults while there are any.</summary>
    public long FaultInterval { get; init; } = 2 * Scheduler.Second;

    /// <summary>Mean one-way delay of the network.</summary>
    public long NetworkDelay { get; init; } = 500;

    /// <summary>Messages overtake each other on a link.</summary>
    public bool Reordering { get; init; } = true;

    /// <summary>Mean duration of a sync.</summary>
    public long SyncTime { get; init; } = 1 * Scheduler.Millisecond;

    /// <summary>Duration of the phase before the first fault.</summary>
    public long WarmUp { get; init; } = 2 * Scheduler.Second;

    /// <summary>Duration of the phase with faults.</summary>
    public long Safety { get; init; } = 20 * Scheduler.Second;

    public long ElectionTimeout => Replica.Raft.ElectionTicks * Tick;

    public bool Has(FaultClass fault) => (Faults & fault) != FaultClass.None;
}
