using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Nodes;
using Cloudkeeper.Simulation.Runs;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Faults;

/// <summary>
/// Makes things go wrong, in storms with quiet windows between them: some bugs need a success after a failure.
/// </summary>
internal sealed class FaultInjector
{
    /// <summary>Those that happen at a moment; the others are a state of the network.</summary>
    private static readonly FaultClass[] Sudden =
    [
        FaultClass.Partition, FaultClass.OneWayPartition, FaultClass.Crash, FaultClass.CrashAll, FaultClass.CrashAtDisk,
        FaultClass.Pause, FaultClass.SlowDisk, FaultClass.FullDisk, FaultClass.NoSpaceOnce, FaultClass.DiskError,
        FaultClass.ReadOnlyDisk, FaultClass.BitRot, FaultClass.DiskLoss, FaultClass.Transfer, FaultClass.GatewayCrash,
        FaultClass.ClockJump, FaultClass.ClockRate, FaultClass.Removal, FaultClass.Joining, FaultClass.Impostor,
        FaultClass.Flood, FaultClass.LonelyLeader, FaultClass.Redis, FaultClass.Freeze,
    ];

    private readonly World _world;
    private readonly SimulationRandom _random;
    private readonly Partitions _partitions;
    private readonly DiskFaults _disks;
    private readonly MembershipFaults _members;
    private readonly LonelyLeader _lonely;
    private readonly Upgrades _upgrades;
    private readonly List<FaultClass> _sudden;
    private bool _isStorm;
    private bool _isOver;

    public FaultInjector(World world, SimulationRandom random)
    {
        _world = world;
        _random = random;
        _partitions = new Partitions(world, random);
        _disks = new DiskFaults(world, random);
        _members = new MembershipFaults(world, random);
        _lonely = new LonelyLeader(world, random);
        _upgrades = new Upgrades(world, random);
        _sudden = [.. Sudden.Where(f => world.Options.Has(f))];
    }

    public void Start()
    {
        _world.HasFaults = true;
        ChangeWeather();
        NextFault();
        NextDiskImage();
        _upgrades.Start();
    }

    /// <summary>There are no new faults any more, and the old ones are repaired.</summary>
    public void End()
    {
        _isOver = true;
        _world.HasFaults = false;
        _partitions.End();
        _members.End();
        _upgrades.End();
        Calm();
        foreach (var node in _world.Nodes)
        {
            node.Resume();
            node.Disk.Repair();
            node.Start();
        }
    }

    private long Duration(double electionTimeouts) =>
        1 + _random.Exponential(electionTimeouts * _world.Options.ElectionTimeout);

    private SimulatedNode AnyNode() => _random.Pick(_world.Nodes);

    private void ChangeWeather()
    {
        if (_isOver)
        {
            return;
        }

        _isStorm = !_isStorm;
        if (_isStorm)
        {
            _world.Network.Loss = Drawn(FaultClass.Loss, 0.3);
            _world.Network.Duplication = Drawn(FaultClass.Duplication, 0.5);
            _world.Network.RepeatedRequests = Drawn(FaultClass.RepeatedRequests, 0.3);
            _world.Network.Slowness = 1 + Drawn(FaultClass.Delay, 20);
            _world.Network.Stragglers = Drawn(FaultClass.Delay, 0.02);
        }
        else
        {
            Calm();
        }

        _world.Trace.Add(TraceKind.Phase, 0, _isStorm ? 1 : 0);
        _world.Scheduler.After(_random.Between(_isStorm ? 2 : 1, _isStorm ? 10 : 4) * Scheduler.Second, ChangeWeather);
    }

    private double Drawn(FaultClass fault, double most) => _world.Options.Has(fault) ? _random.NextDouble() * most : 0;

    private void Calm()
    {
        _world.Network.Loss = 0;
        _world.Network.Duplication = 0;
        _world.Network.RepeatedRequests = 0;
        _world.Network.Slowness = 1;
        _world.Network.Stragglers = 0;
        _world.Redis.Calm();
        _world.Network.JoinAll();
    }

    private void NextFault() => _world.Scheduler.After(_random.Exponential(_world.Options.FaultInterval), () =>
    {
        if (_isOver)
        {
            return;
        }

        if (_isStorm && _sudden.Count > 0)
        {
            var fault = _random.Pick(_sudden);
            _world.Trace.Add(TraceKind.Fault, 0, (long)fault, detail: fault);
            Strike(fault);
        }

        NextFault();
    });

    private void NextDiskImage() => _world.Scheduler.After(_random.Exponential(5 * Scheduler.Second), () =>
    {
        if (!_isOver)
        {
            DiskImage.Check(_world, AnyNode(), _random);
            NextDiskImage();
        }
    });

    private void Strike(FaultClass fault)
    {
        switch (fault)
        {
            case FaultClass.Partition:
                _partitions.Split(Duration(4));
                break;
            case FaultClass.OneWayPartition:
                _partitions.CutOneWay(Duration(4));
                break;
            case FaultClass.Crash:
                Crash(AnyNode());
                break;
            case FaultClass.CrashAll:
                CrashAll();
                break;
            case FaultClass.Pause:
                _world.Totals.Count(Marker.Pauses);
                AnyNode().Pause(Duration(2));
                break;
            case FaultClass.Freeze:
                FreezeAll();
                break;
            case FaultClass.GatewayCrash:
                _random.Pick(_world.Gateways).Crash();
                break;
            case FaultClass.ClockJump or FaultClass.ClockRate:
                ChangeClock(AnyNode(), fault);
                break;
            case FaultClass.Redis:
                _world.Redis.Strike(Duration(2));
                break;
            case FaultClass.Flood:
                _world.Totals.Count(Marker.Floods);
                _random.Pick(_world.Gateways).Flood(_random.Logarithmic(10, 500), AnyNode().Address);
                break;
            case FaultClass.LonelyLeader:
                _lonely.Strike();
                break;
            case FaultClass.Transfer or FaultClass.Removal or FaultClass.Joining or FaultClass.Impostor:
                _members.Strike(fault);
                break;
            default:
                _disks.Strike(fault, AnyNode(), Duration(4));
                break;
        }
    }

    /// <summary>The machines of all nodes were suspended, or people have stopped all processes and let them go on.</summary>
    private void FreezeAll()
    {
        _world.Totals.Count(Marker.Freezes);
        var duration = (_world.Options.SessionTtlMilliseconds * Scheduler.Millisecond) + Duration(2);
        foreach (var node in _world.Nodes)
        {
            node.Pause(duration);
        }

        var now = _world.Scheduler.Now;
        var counted = _world.Options.Replica.PauseMilliseconds * Scheduler.Millisecond;
        _world.Facts.Frozen.Begin(now, now + counted, now + duration);
    }

    private static void Crash(SimulatedNode node)
    {
        if (node.IsUp)
        {
            node.Crash();
        }
    }

    private void CrashAll()
    {
        _world.Totals.Count(Marker.CrashesOfAll);
        foreach (var node in _world.Nodes)
        {
            Crash(node);
        }
    }

    /// <summary>
    /// Before feature level 2 results that are kept for ten minutes are kept for less when a clock goes ahead by
    /// minutes: a limit of that level, not looked for here.
    /// </summary>
    private void ChangeClock(SimulatedNode node, FaultClass fault)
    {
        if (_world.Checks.Ledger.Machine.FeatureLevel < FeatureLevels.RetentionClock)
        {
            return;
        }

        if (fault == FaultClass.ClockRate)
        {
            _world.Totals.Count(Marker.ClockRates);
            node.Clock.Run(_random.Pick([0, 0.5, 1, 2]));
        }
        else
        {
            _world.Totals.Count(Marker.ClockJumps);
            var range = _random.Logarithmic(1_000, 4 * 3_600_000);
            node.Clock.Jump(_random.Between(-range, range));
        }
    }
}
