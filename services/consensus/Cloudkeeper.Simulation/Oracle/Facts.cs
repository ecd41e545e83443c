using Cloudkeeper.Simulation.Invariants.ExactlyOnce;
using Cloudkeeper.Simulation.Invariants.Locks;
using Cloudkeeper.Simulation.Invariants.Reads;
using Cloudkeeper.Simulation.Invariants.Sessions;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Oracle;

/// <summary>What follows from the committed log, and the invariants that watch it grow.</summary>
internal sealed class Facts
{
    public Facts(Totals totals)
    {
        Locks = new LockBook(Sessions, totals);
        NoEarlyExpiry = new NoEarlyExpiry(Sessions);
        Ended = new EndedOnlyWhenEnding(Sessions);
        Decisions = new OnceOnly(totals);
        Tickets = new TicketsAgree(Locks);
        Resource = new GuardedResource(Locks, totals);
        ReadValues = new ReadValues(Paths, Sessions, Tickets);
        ToldTheTruth = new ToldTheTruth(Decisions);
        OfEntries =
        [
            Sessions,
            Paths,
            new SessionTotals(totals),
            NoEarlyExpiry,
            new NothingAfterTheEnd(Sessions),
            new EphemeralsLiveWithTheirSessions(Sessions, totals),
            Locks,
            Tickets,
            new FencedWrites(Locks, totals),
            Decisions,
            new CountersAddUp(),
            new RefusedChangesNothing(),
        ];
    }

    public SessionBook Sessions { get; } = new();

    public PathHistories Paths { get; } = new();

    public LockBook Locks { get; }

    public NoEarlyExpiry NoEarlyExpiry { get; }

    public EndedOnlyWhenEnding Ended { get; }

    public OnceOnly Decisions { get; }

    public TicketsAgree Tickets { get; }

    public GuardedResource Resource { get; }

    public ReadValues ReadValues { get; }

    public ToldTheTruth ToldTheTruth { get; }

    /// <summary>In this order: the books before those that look things up in them.</summary>
    public IReadOnlyList<ICommittedCheck> OfEntries { get; }
}
