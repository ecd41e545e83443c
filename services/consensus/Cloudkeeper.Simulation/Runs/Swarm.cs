using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Nodes;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Runs;

/// <summary>Draws the parameters of a run: most bugs need an unforeseen combination.</summary>
internal static class Swarm
{
    private const double FaultClassProbability = 0.5;

    /// <summary>Drawn apart: earlier seeds keep their runs where it is absent.</summary>
    private const double HostileRedisProbability = 0.35;

    private const double HostilePeerProbability = 0.35;

    private const double GardenProbability = 0.4;

    private const double FreezeProbability = 0.25;

    /// <summary>
    /// As in the real process: a turn that comes later than that after the one before indicates a pause.
    /// </summary>
    private const int PauseTicks = 4;

    /// <summary>An election timeout is at least this many times a round through network and disk.</summary>
    private const int SlowRounds = 20;

    public static SimulationOptions Draw(ulong seed)
    {
        var random = new SimulationRandom(seed);
        var electionTicks = random.Between(5, 20);
        var networkDelay = random.Logarithmic(100, 10_000);
        var syncTime = random.Logarithmic(100, 10_000);
        var isFoundedAlone = random.Chance(0.3);
        var isRedisHostile = new SimulationRandom(Hash.Mix(seed, 0x11A6)).Chance(HostileRedisProbability);
        var isPeerHostile = new SimulationRandom(Hash.Mix(seed, 0x4057)).Chance(HostilePeerProbability);
        var garden = new SimulationRandom(Hash.Mix(seed, 0x6A2D));
        var hasGarden = garden.Chance(GardenProbability);
        var canFreeze = new SimulationRandom(Hash.Mix(seed, 0xF2EE)).Chance(FreezeProbability);
        var options = new SimulationOptions
        {
            Seed = seed,
            HasGarden = hasGarden,
            Nodes = random.Pick([1, 3, 3, 3, 3, 5, 5]),
            Spares = random.Pick([0, 0, 1, 2]),
            IsFoundedAlone = isFoundedAlone,
            Gateways = random.Between(1, 3),
            Lanes = random.Between(1, 3),
            Clients = random.Between(3, 12),
            Keys = random.Logarithmic(1, 50),
            ThinkTime = random.Logarithmic(5, 200) * Scheduler.Millisecond,
            SessionTtlMilliseconds = random.Between(1_000, 8_000),
            Tick = (random.Between(10, 60) * Scheduler.Millisecond)
                + (SlowRounds * (networkDelay + syncTime) / electionTicks),
            TurnDelay = random.Logarithmic(1, 2_000),
            Replica = DrawReplica(seed, random, electionTicks),
            SegmentBytes = random.Logarithmic(4 << 10, 1 << 20),
            ZeroAheadBytes = random.Pick([0, 4 << 10, 64 << 10]),
            ChunkBytes = random.Logarithmic(256, 64 << 10),
            Faults = DrawFaults(random)
                | (isRedisHostile ? FaultClass.HostileRedis : FaultClass.None)
                | (isPeerHostile ? FaultClass.HostilePeer : FaultClass.None),
            FaultInterval = random.Logarithmic(300, 6_000) * Scheduler.Millisecond,
            NetworkDelay = networkDelay,
            Reordering = random.Chance(0.7),
            SyncTime = syncTime,
            Safety = random.Between(10, 40) * Scheduler.Second,
            WarmUp = (isFoundedAlone && random.Chance(0.5) ? 50 : 2_000) * Scheduler.Millisecond,
            MayLoseQuorum = random.Chance(0.04),
            OldPrograms = random.Pick([0, 0, 0.5, 1]),
            OldLevel = new SimulationRandom(Hash.Mix(seed, 0x1E)).Between(FeatureLevels.First, FeatureLevels.Newest - 1),
            UndoneUpgrades = new SimulationRandom(Hash.Mix(seed, 0xD0)).Pick([0, 0.5, 1]),
            Coherence = DrawCoherence(new SimulationRandom(Hash.Mix(seed, 0xC0E5)), networkDelay, isRedisHostile),
        };
        return options with
        {
            Faults = options.Faults | (canFreeze ? FaultClass.Freeze : FaultClass.None),
            Replica = options.Replica with
            {
                PauseMilliseconds = PauseTicks * options.Tick / Scheduler.Millisecond,
                Tree = hasGarden ? DrawBounds(garden, options.Replica.Tree) : options.Replica.Tree,
            },
        };
    }

    /// <summary>The same with less time: more seeds for the same money.</summary>
    public static SimulationOptions DrawShort(ulong seed)
    {
        var drawn = Draw(seed);
        return drawn with { WarmUp = drawn.WarmUp / 2, Safety = 6 * Scheduler.Second };
    }

    private static ReplicaOptions DrawReplica(ulong seed, SimulationRandom random, int electionTicks) => new()
    {
        Raft = new RaftOptions
        {
            ElectionTicks = electionTicks,
            HeartbeatTicks = random.Between(1, electionTicks / 3),
            AppendBytesMax = random.Logarithmic(64, 1 << 20),
            InFlightMax = random.Logarithmic(1, 64),
            InFlightBytesMax = random.Logarithmic(256, 16 << 20),
            UncommittedBytesMax = random.Logarithmic(4 << 10, 64 << 20),
            ApplyBytesMax = random.Logarithmic(64, 16 << 20),
        },
        Tree = DrawBounds(new SimulationRandom(Hash.Mix(seed, 0xB0)), random.Logarithmic(100, 5_000)),
        SnapshotLogEntries = random.Logarithmic(5, 2_000),
        SnapshotLogBytes = random.Logarithmic(4 << 10, 64 << 20),
        KeptEntries = random.Pick([0, 0, 1, 10, 100, 1_000]),
        SnapshotRetryMilliseconds = random.Logarithmic(10, 2_000),
        SnapshotBlockBytes = random.Logarithmic(256, 128 << 10),
        PendingBatchesMax = random.Logarithmic(4, 4_096),
        PendingReadsMax = random.Logarithmic(4, 16_384),
        CheckpointEntries = random.Logarithmic(5, 1_000),
        ClusterId = NodeStorage.Cluster,
    };

    private static StateMachineOptions DrawBounds(SimulationRandom random, int historySetsMax) => new()
    {
        HistorySetsMax = historySetsMax,
        TombstonesMax = random.Logarithmic(1, 1_000),
        HistoryFactBytesMax = random.Logarithmic(4 << 10, 4 << 20),
        HistoryValueBytesMax = random.Logarithmic(4 << 10, 1 << 20),
    };

    private static StateMachineOptions DrawBounds(SimulationRandom random, StateMachineOptions options) => options with
    {
        DeletedNodesMax = random.Logarithmic(2, 40),
        CreatedParentsMax = random.Between(3, 6),
        EphemeralsMax = random.Between(2, 8),
        DeletedPathCharsMax = random.Logarithmic(20, 1_000),
    };

    private static WatchLimits DrawWatches(SimulationRandom random)
    {
        var limits = new WatchLimits(
            random.Logarithmic(1, 64),
            random.Logarithmic(512, 64 << 10),
            random.Logarithmic(1, 200),
            random.Logarithmic(1 << 10, 1 << 20));

        // Two slow watchers fill the limit of all together.
        return limits with { AllBytesMax = limits.BytesMax * 3 / 2 };
    }

    private static CoherenceOptions DrawCoherence(SimulationRandom random, int networkDelay, bool isRedisHostile) => new()
    {
        HasCache = random.Chance(0.9),
        HasRedis = random.Chance(0.5) || isRedisHostile,
        Watchers = random.Between(0, 6),
        CacheBytesMax = random.Logarithmic(32 << 10, 2 << 20),
        Watches = DrawWatches(random),
        SetsPerRead = random.Logarithmic(1, 64),
        WindowSetsPerRead = random.Logarithmic(1, 64),
        Recent = random.Pick([0, 1, 20, 200]),
        StreamMessagesMax = random.Logarithmic(2, 200),
        ProgressInterval = (random.Between(100, 400) * Scheduler.Millisecond) + (4 * networkDelay),
        Silence = (random.Between(800, 2_000) * Scheduler.Millisecond) + (20 * networkDelay),
        LagMax = (random.Between(1_000, 3_000) * Scheduler.Millisecond) + (50 * networkDelay),
        FeedWait = random.Logarithmic(5, 200) * Scheduler.Millisecond,
        PumpDelay = random.Logarithmic(10, 20_000),
        LookupLimit = random.Logarithmic(1, 50) * Scheduler.Millisecond,
        SpeakerLease = random.Between(300, 2_000) * Scheduler.Millisecond,
        HasNeighbour = random.Chance(0.5),
        SnapshotPage = random.Logarithmic(2, 100),
        IsSealed = random.Chance(0.5) || isRedisHostile,
        FrameBytesMax = random.Logarithmic(200, 64 << 10),
        PartBytes = random.Logarithmic(50, 500),
    };

    private static FaultClass DrawFaults(SimulationRandom random)
    {
        var drawn = FaultClass.None;
        foreach (var fault in Enum.GetValues<FaultClass>())
        {
            if (fault is not (FaultClass.None or FaultClass.All or FaultClass.HostileRedis or FaultClass.HostilePeer
                    or FaultClass.Freeze)
                && random.Chance(FaultClassProbability))
            {
                drawn |= fault;
            }
        }

        return drawn;
    }
}
