using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Gateways;
using Cloudkeeper.Simulation.Runs;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Clients;

/// <summary>One client: one call at a time, beside it the keepalives of its session.</summary>
internal sealed class SimulatedClient
{
    private const double RetryUnknown = 0.7;
    private const double StaysAtGateway = 0.9;
    private const double GivesUp = 0.002;
    private const double WorksInGarden = 0.2;
    private const int Impatience = 20_000;

    private readonly World _world;
    private readonly SimulationRandom _random;
    private readonly int _id;
    private readonly Requests _requests;
    private readonly ClientSession _session;
    private readonly ClientLock _lock;
    private Gateway _gateway;
    private Revision _seen;
    private long _keys;

    public SimulatedClient(World world, SimulationRandom random, int id)
    {
        _world = world;
        _random = random;
        _id = id;
        _requests = new Requests(random, world.Options);
        _gateway = random.Pick(world.Gateways);
        _lock = new ClientLock(world, this, isNaive: random.Chance(0.3));
        _session = new ClientSession(world, () => _gateway, _lock.Lost);
    }

    public int Id => _id;

    public void Start() => Pause();

    /// <summary>Writes, and goes on when there is an answer.</summary>
    public void Write(Command command, bool changesSomething, Action<HistoryOperation> answered, params Ticket[] fences)
    {
        // A key of the client's own makes a retry through another lane safe.
        var key = _random.Chance(0.5) ? $"{_id}-{++_keys}" : null;
        var fingerprint = key is null ? UInt128.Zero : (UInt128)_keys;
        Write(new CommandRequest(0, key, fingerprint, fences, command), changesSomething, answered);
    }

    public void Read(ReadRequest request, Freshness wanted, Action<HistoryOperation> answered)
    {
        var isLocal = wanted is Freshness.Session or Freshness.Stale;
        var operation = new HistoryOperation
        {
            Client = _id,
            Invoked = _world.Scheduler.Now,
            Read = request,
            Wanted = wanted,
            StalenessMax = _random.Logarithmic(1_000, 5_000_000),
            MinRevision = wanted == Freshness.Session ? _seen : Revision.Zero,
        };
        _world.Workload.Note(operation);
        _world.Totals.Count(isLocal ? Marker.LocalReads : Marker.LinearizableReads);
        _gateway.Read(operation, Deadline(), () => Returned(operation, answered));
    }

    /// <summary>Thinks, and does the next thing.</summary>
    public void Pause() => _world.Scheduler.After(_random.Exponential(_world.Options.ThinkTime), Act);

    // Some have little patience: calls of one batch then end at different times.
    private long Deadline()
    {
        var timeout = _world.Workload.CallTimeout;
        return _world.Scheduler.Now + (_random.Chance(0.3) ? _random.Logarithmic(Impatience, (int)timeout) : timeout);
    }

    private void Write(CommandRequest request, bool changesSomething, Action<HistoryOperation> answered)
    {
        var operation = new HistoryOperation
        {
            Client = _id,
            Invoked = _world.Scheduler.Now,
            Request = request,
            ChangesSomething = changesSomething,
        };
        _world.Workload.Note(operation);
        _gateway.Write(operation, Deadline(), () => Returned(operation, answered));
    }

    private void Returned(HistoryOperation operation, Action<HistoryOperation> answered)
    {
        var isUnknown = operation.Outcome == CallOutcome.Unknown && operation.Request is { IdempotencyKey: not null };
        if (isUnknown && !_world.Workload.IsStopped && _random.Chance(RetryUnknown))
        {
            ChangeGateway();
            Write(operation.Request!, operation.ChangesSomething, answered);
            return;
        }

        if (operation.Outcome == CallOutcome.Answered)
        {
            _seen = operation.Revision > _seen ? operation.Revision : _seen;
            if (operation.Result is { } result)
            {
                _world.Totals.Count(Marker.CommandsRefusedByCondition, result.Code is ResultCode.Ok ? 0 : 1);
            }

            answered(operation);
        }

        Pause();
    }

    private void ChangeGateway() => _gateway = _random.Pick(_world.Gateways);

    private void Act()
    {
        if (_world.Workload.IsStopped)
        {
            return;
        }

        if (!_random.Chance(StaysAtGateway))
        {
            ChangeGateway();
        }

        if (_random.Chance(GivesUp))
        {
            // It dies silently: its session runs out, and another client takes its place.
            _session.Abandon();
            _world.Workload.StartClient();
            return;
        }

        if (!_lock.TryAct(_random, _session.Id) && !TryUseSession())
        {
            ActOnTree();
        }
    }

    private bool TryUseSession()
    {
        switch (_random.Next(100))
        {
            case < 10 when _session.Id is null:
                var ttl = _world.Options.SessionTtlMilliseconds;
                Write(new OpenSessionCommand(ttl, $"client {_id}"), true, _session.Opened);
                return true;
            case < 2 when _session.Id is { } id:
                Write(new CloseSessionCommand(id), true, _ => _session.Closed(id));
                return true;
            case 7 when _session.Id is { } id && _world.Checks.Ledger.Machine.FeatureLevel >= FeatureLevels.GatewayTable:
                Write(_requests.Register(id), false, _session.Used);
                return true;
            case < 8 when _session.Id is { } id:
                Write(_requests.Ephemeral(id), true, _session.Used);
                return true;
            case < 10 when _session.Id is { } id:
                Read(new ReadSessionRequest(id), Freshness.Linearizable, static _ => { });
                return true;
            default:
                return false;
        }
    }

    private void ActOnTree()
    {
        if (_world.Options.HasGarden && _random.Chance(WorksInGarden))
        {
            Write(_requests.Garden(), false, static _ => { });
            return;
        }

        var dice = _random.Next(100);
        switch (dice)
        {
            case < 25:
                Write(_requests.Put(), true, static _ => { });
                break;
            case < 35:
                Write(_requests.Conditional(_seen), true, static _ => { });
                break;
            case < 42:
                Write(_requests.Delete(), true, static _ => { });
                break;
            case < 47:
                Write(_requests.Sequential(), true, static _ => { });
                break;
            case < 54:
                Write(_requests.Transaction(_seen), false, static _ => { });
                break;
            case < 64:
                Write(_requests.Add(), true, static _ => { });
                break;
            case < 84:
                Read(_requests.AnyRead(), Freshness.Linearizable, static _ => { });
                break;
            default:
                var wanted = _random.Pick([Freshness.Bounded, Freshness.Session, Freshness.Session, Freshness.Stale]);
                Read(_requests.AnyRead(), wanted, static _ => { });
                break;
        }
    }
}
