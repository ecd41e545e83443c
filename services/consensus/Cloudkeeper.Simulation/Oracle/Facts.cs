using Cloudkeeper.Simulation.Invariants.Bounds;
using Cloudkeeper.Simulation.Invariants.Caches;
using Cloudkeeper.Simulation.Invariants.ExactlyOnce;
using Cloudkeeper.Simulation.Invariants.Locks;
using Cloudkeeper.Simulation.Invariants.Reads;
using Cloudkeeper.Simulation.Invariants.Sessions;
using Cloudkeeper.Simulation.Invariants.Watches;
using Cloudkeeper.Simulation.Runs;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Oracle;

/// <summary>All facts that follow from the committed log, and the invariants that watch it grow.</summary>
internal sealed class Facts
{
    /// <param name="reference">The state behind the last committed entry.</param>
    /// <param name="bounds">Of that state.</param>
    public Facts(Totals totals, StateMachineOptions bounds, Func<StateMachine> reference)
    {
        Locks = new LockBook(Sessions, totals);
        NoEarlyExpiry = new NoEarlyExpiry(Sessions, Frozen);
        Ttls = new TtlNodesLiveTheirTime(Frozen, totals, reference);
        Ended = new EndedOnlyWhenEnding(Sessions);
        Decisions = new OnceOnly(totals);
        Tickets = new TicketsAgree(Locks);
        Resource = new GuardedResource(Locks, totals);
        var touches = new LevelBook(FeatureLevels.TouchedParents, reference);
        var deletions = new LevelBook(FeatureLevels.DeletionFloor, reference);
        var nodes = new NodeTruth(Paths, touches, deletions, reference);
        ReadValues = new ReadValues(Paths, nodes, Sessions, Tickets);
        Caches = new EntriesAreTrue(nodes);
        Snapshots = new SnapshotsAreExact(Paths);
        Gaps = new GapsAreLosses(Changes, bounds, reference);
        ToldTheTruth = new ToldTheTruth(Decisions);
        OfEntries =
        [
            Sessions,
            Paths,
            Changes,
            touches,
            deletions,
            new SessionTotals(totals),
            NoEarlyExpiry,
            new NothingAfterTheEnd(Sessions),
            new EphemeralsLiveWithTheirSessions(Sessions, totals),
            new GatewaysLiveWithTheirSessions(Sessions, totals, reference),
            Locks,
            Tickets,
            new FencedWrites(Locks, totals),
            Decisions,
            new CountersAddUp(),
            new WithinBounds(bounds, totals, reference),
            Ttls,
            new RefusedChangesNothing(),
        ];
    }

    public SessionBook Sessions { get; } = new();

    public PathHistories Paths { get; } = new();

    public ChangeBook Changes { get; } = new();

    public EntriesAreTrue Caches { get; }

    public SnapshotsAreExact Snapshots { get; }

    public GapsAreLosses Gaps { get; }

    public LockBook Locks { get; }

    public FrozenTimes Frozen { get; } = new();

    public TtlNodesLiveTheirTime Ttls { get; }

    public NoEarlyExpiry NoEarlyExpiry { get; }

    public EndedOnlyWhenEnding Ended { get; }

    public OnceOnly Decisions { get; }

    public TicketsAgree Tickets { get; }

    public GuardedResource Resource { get; }

    public ReadValues ReadValues { get; }

    public ToldTheTruth ToldTheTruth { get; }

    /// <summary>In this order: the books before the checks that look things up in them.</summary>
    public IReadOnlyList<ICommittedCheck> OfEntries { get; }
}
