using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Protocol;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Gateways;
using Cloudkeeper.Simulation.Gateways.Watches;
using Cloudkeeper.Simulation.Invariants.Watches;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Clients;

/// <summary>
/// A client that watches, for ever: when its connection breaks it resumes at some gateway behind the last revision that it
/// has in whole; when changes are lost it begins anew.
/// </summary>
internal sealed class Watcher
{
    private const double Breaks = 0.01;
    private const double Resumes = 0.85;
    private const double NamesSession = 0.3;
    private const double WatchesTheSame = 0.5;
    private const long Pause = 50 * Scheduler.Millisecond;

    private readonly World _world;
    private readonly SimulationRandom _random;
    private readonly WatchInterest _interest;
    private readonly ToldChanges _told;
    private readonly ToldEnds _ends;
    private readonly long _pace;
    private readonly bool _wantsSnapshots;
    private GatewayWatch? _watch;
    private Gateway _gateway;
    private int _connections;

    /// <param name="other">A watcher that may watch the same; null: there is none yet.</param>
    public Watcher(World world, SimulationRandom random, Watcher? other)
    {
        _world = world;
        _random = random;
        _interest = other is not null && random.Chance(WatchesTheSame)
            ? other._interest
            : new WatchInterest([.. Enumerable.Range(0, random.Between(1, 3)).Select(_ => Target())]);
        _told = new ToldChanges(world.Facts.Changes, _interest);
        _ends = new ToldEnds(world.Facts.Sessions);
        _pace = random.Pick([0, 1, 10, 100, 500]) * Scheduler.Millisecond;
        _gateway = random.Pick(world.Gateways);
        _wantsSnapshots = random.Chance(0.5);
    }

    /// <summary>It has all changes up to here.</summary>
    public Revision Position => _told.Position;

    public void Start() => ConnectLater();

    /// <summary>How long it takes to read its events; in the end every watcher is quick.</summary>
    public long Pace() => _pace == 0 || _world.Workload.IsStopped ? 0 : _random.Exponential(_pace);

    /// <param name="position">All changes up to here have come with these.</param>
    /// <param name="hasSessionEnded">And the session that the watch names ended by then.</param>
    public void Take(IReadOnlyList<WatchEvent> events, Revision position, bool hasSessionEnded)
    {
        for (var i = 0; i < events.Count; i++)
        {
            _told.Told(events[i].Revision, events[i].Change);
            if (i + 1 == events.Count || events[i + 1].Revision != events[i].Revision)
            {
                _told.Reached(events[i].Revision);
            }

            if (_random.Chance(Breaks))
            {
                Break();
                return;
            }
        }

        _told.Reached(position);
        _ends.Reached(position, hasSessionEnded);
    }

    /// <summary>This is there; the changes above its revision follow.</summary>
    /// <param name="present">The revision when it asked.</param>
    public void Take(Snapshot snapshot, Revision present)
    {
        _world.Totals.Count(Marker.WatchSnapshotsTold);
        _world.Facts.Snapshots.Told(snapshot, present, _told.Concerns);
        _told.Begin(snapshot.Revision);
        _ends.GoOn(snapshot.Revision);
    }

    /// <summary>The watch ends because its session has.</summary>
    public void SessionEnded()
    {
        _world.Totals.Count(Marker.WatchesEndedWithSession);
        Disconnected();
    }

    /// <summary>Changes are lost: it reads the present state, and goes on from that.</summary>
    /// <param name="oldest">Where history begins, when that is why.</param>
    public void Lost(Revision? oldest)
    {
        _world.Totals.Count(Marker.GapsTold);
        _world.Totals.Count(Marker.GapsByCompaction, oldest is null ? 0 : 1);
        _watch = null;
        BeginAnew();
    }

    public void Disconnected()
    {
        _watch = null;
        ConnectLater();
    }

    private void Break()
    {
        _world.Totals.Count(Marker.WatchesBroken);
        _watch?.Close();
        Disconnected();
    }

    private void ConnectLater()
    {
        var connection = ++_connections;
        _world.Scheduler.After(_random.Exponential(Pause), () =>
        {
            if (connection == _connections)
            {
                Connect();
            }
        });
    }

    private void Connect()
    {
        _gateway = _random.Pick(_world.Gateways);
        if (!_gateway.Memory.HasWatchers)
        {
            ConnectLater();
        }
        else if (_world.Workload.IsStopped || (Position > Revision.Zero && _random.Chance(Resumes)))
        {
            _world.Totals.Count(Marker.WatchesResumed);
            Watch(Position);
        }
        else if (_random.Chance(0.3))
        {
            Watch(new WatchStart(Position, WithInitial: true, _wantsSnapshots));
        }
        else if (_random.Chance(0.3))
        {
            Watch(new Revision(_world.Checks.Ledger.Revision.Value + _random.Next(20)));
        }
        else if (_random.Chance(0.5))
        {
            Watch(new Revision(_random.NextInt64(_world.Checks.Ledger.Revision.Value + 1)));
        }
        else
        {
            BeginAnew();
        }
    }

    private void BeginAnew()
    {
        var connection = ++_connections;
        _gateway.AskReadIndex(_world.Scheduler.Now + _world.Workload.CallTimeout, point =>
        {
            if (connection != _connections)
            {
                return;
            }

            if (point is { } now && _gateway.Memory.HasWatchers)
            {
                Watch(now.Revision);
            }
            else
            {
                ConnectLater();
            }
        });
    }

    private void Watch(Revision from)
    {
        _told.Begin(from);
        Watch(new WatchStart(from, WithInitial: false, _wantsSnapshots));
    }

    private void Watch(WatchStart start)
    {
        var session = SomeSession();
        _ends.Begin(session, start.From);
        _watch = new GatewayWatch(_gateway, _interest with { Session = session }, start, this);
    }

    /// <summary>A client's session that lives, or did a moment ago; null: none.</summary>
    private SessionId? SomeSession()
    {
        if (_world.Workload.IsStopped || !_random.Chance(NamesSession))
        {
            return null;
        }

        var known = _world.Facts.Sessions.All.TakeLast(_world.Options.Clients).ToList();
        return known.Count == 0 ? null : _random.Pick(known).Id;
    }

    private WatchTarget Target() => _random.Next(5) switch
    {
        0 => new WatchTarget("/keys", WatchScope.Children),
        1 => new WatchTarget("/", WatchScope.Subtree),
        2 => new WatchTarget("/ephemeral", WatchScope.Subtree),
        3 => new WatchTarget("/sequence", WatchScope.Children),
        _ => new WatchTarget($"/keys/{_random.Next(_world.Options.Keys)}", WatchScope.Node),
    };
}
