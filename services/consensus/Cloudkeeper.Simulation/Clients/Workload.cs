using Cloudkeeper.Coherence.Delivery;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Invariants;
using Cloudkeeper.Simulation.Invariants.Linearizability;
using Cloudkeeper.Simulation.Invariants.Reads;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Clients;

/// <summary>The clients and the history of their calls.</summary>
internal sealed class Workload(World world, SimulationRandom random)
{
    /// <summary>
    /// Numbers of clients begin here; none is used again after an unknown outcome would have been forgotten.
    /// </summary>
    private const int FirstClient = 1_000;

    private readonly List<HistoryOperation> _history = [];
    private int _clients;

    public bool IsStopped { get; private set; }

    /// <summary>How long clients give a call.</summary>
    public long CallTimeout { get; } = (4 * world.Options.ElectionTimeout) + (2 * Scheduler.Second);

    /// <summary>
    /// Longest time that a call takes: a gateway looks at the requests that wait when the attempt of the batch before them,
    /// and the pause behind it, is over.
    /// </summary>
    public long CallTimeMax => CallTimeout + world.Options.ElectionTimeout + (long)RetryPause.Longest.TotalMicroseconds;

    public IReadOnlyList<HistoryOperation> History => _history;

    /// <summary>Calls that have not returned.</summary>
    public int PendingCount => _history.Count(static operation => operation.Returned is null);

    public void Start()
    {
        for (var i = 0; i < world.Options.Clients; i++)
        {
            StartClient();
        }
    }

    public void StartClient() => new SimulatedClient(world, random.Split(), FirstClient + _clients++).Start();

    /// <summary>No client begins anything any more, or keeps a session alive.</summary>
    public void Stop() => IsStopped = true;

    public void Note(HistoryOperation operation)
    {
        _history.Add(operation);
        world.Trace.Add(TraceKind.Invoked, operation.Client, detail: operation);
    }

    /// <summary>The whole history against the committed log.</summary>
    public void Check()
    {
        var points = new List<TimedRevision>(_history.Count);
        var keys = new KeyHistories(world.Facts.Decisions, world.Totals);
        foreach (var operation in _history)
        {
            RequireEnd(operation);
            if (operation.Request is not null)
            {
                world.Facts.ToldTheTruth.Check(operation);
            }
            else if (operation.Outcome == CallOutcome.Answered)
            {
                world.Facts.ReadValues.Check(operation);
            }

            keys.Add(operation);
            if (PointOf(operation) is { } point)
            {
                points.Add(point);
            }
        }

        RevisionOrder.Check(points);
        keys.Check();
    }

    private void RequireEnd(HistoryOperation operation)
    {
        if (operation.Returned is not { } returned || returned > operation.Invoked + CallTimeMax)
        {
            throw new ViolationException("every call ends", $"within {CallTimeMax / 1e6} s: {operation}");
        }

        world.Totals.Acknowledged += operation.Outcome == CallOutcome.Answered ? 1 : 0;
        world.Totals.Count(Marker.OutcomesUnknown, operation.Outcome == CallOutcome.Unknown ? 1 : 0);
    }

    private TimedRevision? PointOf(HistoryOperation operation)
    {
        switch (operation.Outcome)
        {
            case CallOutcome.Answered when operation.Request is null:
                return PointOfRead(operation);
            case CallOutcome.Answered when !operation.Result!.Replayed:
                return new TimedRevision(
                    operation.Invoked, operation.Returned!.Value, operation.Revision, HasChanged(operation), operation);
            case CallOutcome.Unknown when operation.SentAs is { } sent
                && world.Facts.Decisions.Find(sent.Lane, sent.Serial) is { Replayed: false } decision:
                world.Totals.Count(Marker.UnknownsThatWereCommitted);
                return new TimedRevision(operation.Invoked, long.MaxValue, decision.Revision, false, operation);
            default:
                return null;
        }
    }

    /// <remarks>
    /// A client that gets the greatest age of an answer may rely on it as if the question had been put then.
    /// </remarks>
    private static TimedRevision? PointOfRead(HistoryOperation read)
    {
        var isLinearizable = read.Wanted == Freshness.Linearizable;
        return isLinearizable || read.FreshAsOf is not null
            ? new TimedRevision(
                read.FreshAsOf ?? read.Invoked,
                isLinearizable ? read.Returned!.Value : long.MaxValue,
                read.Revision,
                false,
                read)
            : null;
    }

    /// <summary>Whether the command made its revision: some succeed without changing anything.</summary>
    private static bool HasChanged(HistoryOperation operation) =>
        operation.Result!.Code == Protocol.Errors.ResultCode.Ok && operation.ChangesSomething;
}
