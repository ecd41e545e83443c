using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;

namespace Cloudkeeper.Tree.Tests;

/// <summary>Random entries of a log, from a seed: few paths, so that everything meets everything.</summary>
internal sealed class Workload(int seed)
{
    private static readonly string[] Names = ["a", "b", "a-b", "c", "lock"];

    private readonly Random _random = new(seed);
    private readonly List<SessionId> _sessions = [];
    private readonly List<Ticket> _tickets = [];
    private readonly List<LaneId> _lanes = [];
    private readonly Dictionary<LaneId, long> _serials = [];
    private long _index;
    private long _time = Machine.Start;

    /// <summary>
    /// Takes the results of the last entry, so that the next ones name sessions and tickets that exist.
    /// </summary>
    public void Learn(IEnumerable<CommandResult> results)
    {
        foreach (var result in results)
        {
            switch (result.Body)
            {
                case SessionInfo { EndReason: null } session:
                    _sessions.Add(session.Id);
                    break;
                case TicketInfo ticket:
                    _tickets.Add(ticket.Ticket);
                    break;
                case LaneResult lane:
                    _lanes.Add(lane.Lane);
                    break;
            }
        }
    }

    public Entry NextEntry()
    {
        _index += _random.Next(1, 3);
        _time += _random.Next(100) switch
        {
            < 90 => _random.Next(20),
            < 99 => _random.Next(30_000),
            _ => 11 * 60_000,
        };
        var batches = Enumerable.Range(0, _random.Next(1, 4)).Select(_ => NextBatch()).ToArray();
        return new Entry(_index, _time - _random.Next(5), batches);
    }

    public Operation NextOperation() => _random.Next(12) switch
    {
        < 5 => NextWrite(),
        5 or 6 => NextSequential(),
        7 => new DeleteOperation(NextPath(), Recursive: true),
        8 or 9 => new DeleteOperation(NextPath(), IfVersion: _random.Next(4) == 0 ? _random.Next(3) : null),
        10 => new GetOperation(NextPath()),
        _ => new AddOperation(NextPath() + "/n", _random.Next(-5, 6)),
    };

    public Command NextCommand() => _random.Next(21) switch
    {
        < 9 => new MutationCommand(NextOperation()),
        < 12 => NextTransaction(),
        12 => new OpenSessionCommand(_random.Next(900, 20_000), "s"),
        13 => new CloseSessionCommand(NextSession()),
        14 => new ExpireSessionsCommand(1, [new ExpiredSession(NextSession(), 5), new ExpiredSession(NextSession(), 6)]),
        15 or 16 => NextAcquire(),
        17 => new ReleaseTicketCommand(NextTicket()),
        18 => new OpenLaneCommand(),
        19 => NextDecision(),
        20 => NextRegistration(),
        _ => throw new InvalidOperationException(),
    };

    /// <summary>Few names, so that gateways take each other's places; some addresses are none.</summary>
    private RegisterGatewayCommand NextRegistration() => new(new GatewayEntry(
        $"g{_random.Next(6)}", _random.Next(8) == 0 ? "nowhere" : $"http://10.0.0.{_random.Next(1, 5)}:7100", NextSession()));

    /// <summary>What a leader decides on its own.</summary>
    private Command NextDecision() => _random.Next(10) switch
    {
        0 => new RaiseFeatureLevelCommand(1, _random.Next(FeatureLevels.Newest + 1)),
        1 => new CheckpointCommand(1, 1, 1),
        _ => new RemoveIdleNodesCommand(1, [new IdleNode(NextPath(), new Revision(1), new Revision(1))]),
    };

    private CommandBatch NextBatch()
    {
        var requests = new CommandRequest[_random.Next(1, 5)];
        if (_lanes.Count == 0 || _random.Next(4) == 0)
        {
            return new CommandBatch(LaneId.None, 0, Fill(requests, firstSerial: 0));
        }

        var lane = _lanes[_random.Next(_lanes.Count)];
        var last = _serials.GetValueOrDefault(lane);
        var first = Math.Max(1, last - _random.Next(4));
        _serials[lane] = Math.Max(last, first + requests.Length - 1);
        return new CommandBatch(lane, Math.Max(0, first - _random.Next(6)), Fill(requests, first));
    }

    private CommandRequest[] Fill(CommandRequest[] requests, long firstSerial)
    {
        for (var i = 0; i < requests.Length; i++)
        {
            var key = _random.Next(4) == 0 ? $"key-{_random.Next(30)}" : null;
            Ticket[] fences = _random.Next(8) == 0 ? [NextTicket()] : [];
            requests[i] = new CommandRequest(firstSerial + i, key, (UInt128)_random.Next(2), fences, NextCommand());
        }

        return requests;
    }

    private TransactionCommand NextTransaction() => new(
        _random.Next(3) == 0 ? [new Condition(NextPath(), Exists: _random.Next(2) == 0)] : [],
        Enumerable.Range(0, _random.Next(6)).Select(_ => NextOperation()).ToArray(),
        Enumerable.Range(0, _random.Next(3)).Select(_ => NextOperation()).ToArray());

    private AcquireLockCommand NextAcquire()
    {
        var session = _random.Next(2) == 0 ? NextSession() : (SessionId?)null;
        return new AcquireLockCommand(NextPath(), session, 5_000, "owner", Queue: _random.Next(3) > 0);
    }

    private WriteOperation NextWrite()
    {
        var (kind, session, ttl) = NextKind();
        return new WriteOperation(
            NextPath(),
            NextValue(),
            _random.Next(2) == 0 ? "text/plain" : "application/json",
            (WriteMode)_random.Next(3),
            kind,
            kind != NodeKind.Persistent || _random.Next(4) == 0,
            session,
            ttl,
            Parents: _random.Next(3) > 0,
            IfVersion: _random.Next(8) == 0 ? _random.Next(-1, 3) : null);
    }

    private CreateSequentialOperation NextSequential()
    {
        var (kind, session, ttl) = NextKind();
        var prefix = _random.Next(3) == 0 ? "lock-" : "n-";
        return new CreateSequentialOperation(NextPath(), prefix, NextValue(), "text/plain", kind, session, ttl, Parents: true);
    }

    private (NodeKind Kind, SessionId? Session, long Ttl) NextKind() => _random.Next(8) switch
    {
        0 or 1 => (NodeKind.Ephemeral, NextSession(), 0),
        2 => (NodeKind.Container, null, 0),
        3 => (NodeKind.Ttl, null, _random.Next(1, 60_000)),
        _ => (NodeKind.Persistent, null, 0),
    };

    public string NextPath() =>
        string.Concat(Enumerable.Range(0, _random.Next(1, 4)).Select(_ => "/" + Names[_random.Next(Names.Length)]));

    private byte[] NextValue()
    {
        const int LengthMax = 19;
        var value = Enumerable.Range(0, _random.Next(LengthMax + 1)).Select(_ => (byte)_random.Next('0', '9' + 1)).ToArray();

        // Some are too large for the feed.
        return value.Length < LengthMax ? value : [.. value, .. new byte[Limits.FeedValueBytesMax]];
    }

    // Mostly young ones, which live.
    private SessionId NextSession() => _sessions.Count == 0 ? new SessionId(1) : _sessions[Young(_sessions.Count)];

    private Ticket NextTicket() => _tickets.Count == 0 ? new Ticket(1) : _tickets[Young(_tickets.Count)];

    private int Young(int count) => Math.Max(0, count - 1 - _random.Next(_random.Next(10) == 0 ? count : 4));
}

internal sealed record Entry(long Index, long Timestamp, IReadOnlyList<CommandBatch> Batches)
{
    public List<CommandResult> ApplyTo(StateMachine state)
    {
        var results = new List<CommandResult>();
        var stamp = new EntryStamp(Timestamp, state.FeatureLevel < FeatureLevels.AwakeClock ? null : Timestamp);
        state.Apply(Index, term: 1, stamp, Batches, results);
        return results;
    }
}
