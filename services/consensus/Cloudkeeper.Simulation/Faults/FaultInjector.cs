using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Nodes;
using Cloudkeeper.Simulation.Runs;
using Cloudkeeper.Storage;

namespace Cloudkeeper.Simulation.Faults;

/// <summary>
/// Makes things go wrong, in storms with quiet windows between them: some bugs need a success after a failure.
/// </summary>
internal sealed class FaultInjector(World world, SimulationRandom random)
{
    /// <summary>
    /// Milliseconds. Log time is the largest stamp of any leader, and what is kept for ten minutes of it (results by
    /// key, ended sessions) is kept for less when a clock goes ahead by minutes: a limit of the design, not looked for
    /// here.
    /// </summary>
    private const int ClockErrorMax = 240_000;

    private readonly Partitions _partitions = new(world, random);
    private readonly List<FaultClass> _sudden = [.. Sudden.Where(f => world.Options.Has(f))];
    private bool _isStorm;
    private bool _isOver;

    /// <summary>Those that happen at a moment; the others are a state of the network.</summary>
    private static readonly FaultClass[] Sudden =
    [
        FaultClass.Partition, FaultClass.OneWayPartition, FaultClass.Crash, FaultClass.CrashAll, FaultClass.CrashAtDisk,
        FaultClass.Pause, FaultClass.SlowDisk, FaultClass.FullDisk, FaultClass.Transfer, FaultClass.GatewayCrash,
        FaultClass.ClockJump,
    ];

    public void Start()
    {
        ChangeWeather();
        NextFault();
        CheckDiskImages();
    }

    /// <summary>Nothing goes wrong any more, and what was wrong is repaired.</summary>
    public void End()
    {
        _isOver = true;
        _partitions.End();
        Calm();
        foreach (var node in world.Nodes)
        {
            node.Resume();
            node.Disk.Slowness = 1;
            node.Disk.SetFull(false);
            node.Disk.CrashAfter(-1);
            node.Start();
        }
    }

    private long Duration(double electionTimeouts) =>
        1 + random.Exponential(electionTimeouts * world.Options.ElectionTimeout);

    private SimulatedNode AnyNode() => random.Pick(world.Nodes);

    private void ChangeWeather()
    {
        if (_isOver)
        {
            return;
        }

        _isStorm = !_isStorm;
        if (_isStorm)
        {
            world.Network.Loss = Drawn(FaultClass.Loss, 0.3);
            world.Network.Duplication = Drawn(FaultClass.Duplication, 0.5);
            world.Network.RepeatedRequests = Drawn(FaultClass.RepeatedRequests, 0.3);
            world.Network.Slowness = 1 + Drawn(FaultClass.Delay, 20);
            world.Network.Stragglers = Drawn(FaultClass.Delay, 0.02);
        }
        else
        {
            Calm();
        }

        world.Trace.Add(TraceKind.Phase, 0, _isStorm ? 1 : 0);
        world.Scheduler.After(random.Between(_isStorm ? 2 : 1, _isStorm ? 10 : 4) * Scheduler.Second, ChangeWeather);
    }

    private double Drawn(FaultClass fault, double most) => world.Options.Has(fault) ? random.NextDouble() * most : 0;

    private void Calm()
    {
        world.Network.Loss = 0;
        world.Network.Duplication = 0;
        world.Network.RepeatedRequests = 0;
        world.Network.Slowness = 1;
        world.Network.Stragglers = 0;
        world.Network.JoinAll();
    }

    private void NextFault() => world.Scheduler.After(random.Exponential(world.Options.FaultInterval), () =>
    {
        if (_isOver)
        {
            return;
        }

        if (_isStorm && _sudden.Count > 0)
        {
            var fault = random.Pick(_sudden);
            world.Trace.Add(TraceKind.Fault, 0, (long)fault, detail: fault);
            Strike(fault);
        }

        NextFault();
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
            case FaultClass.CrashAtDisk:
                AnyNode().Disk.CrashAfter(random.Logarithmic(1, 100));
                break;
            case FaultClass.Pause:
                world.Totals.Count(Marker.Pauses);
                AnyNode().Pause(Duration(2));
                break;
            case FaultClass.SlowDisk:
                SlowDown(AnyNode().Disk);
                break;
            case FaultClass.FullDisk:
                FillUp(AnyNode().Disk);
                break;
            case FaultClass.Transfer:
                Transfer();
                break;
            case FaultClass.GatewayCrash:
                random.Pick(world.Gateways).Crash();
                break;
            case FaultClass.ClockJump:
                world.Totals.Count(Marker.ClockJumps);
                AnyNode().ClockOffset = random.Between(-ClockErrorMax, ClockErrorMax);
                break;
        }
    }

    private static void Crash(SimulatedNode node)
    {
        if (node.Process is not null)
        {
            node.Crash();
        }
    }

    private void CrashAll()
    {
        world.Totals.Count(Marker.CrashesOfAll);
        foreach (var node in world.Nodes)
        {
            Crash(node);
        }
    }

    private void SlowDown(SimulatedDisk disk)
    {
        disk.Slowness = random.Logarithmic(2, 200);
        world.Scheduler.After(Duration(4), () => disk.Slowness = 1);
    }

    private void FillUp(SimulatedDisk disk)
    {
        world.Totals.Count(Marker.DisksFull);
        disk.SetFull(true);
        world.Scheduler.After(Duration(6), () => disk.SetFull(false));
    }

    private void Transfer()
    {
        NodeId? target = random.Chance(0.3) ? null : AnyNode().Id;
        foreach (var node in world.Nodes)
        {
            node.Process?.Post(r =>
            {
                if (r.TransferLeadership(target))
                {
                    world.Totals.Count(Marker.LeadershipTransfers);
                }
            });
        }
    }

    /// <summary>Invariant I13 at random moments, and not only where a crash happens to come.</summary>
    private void CheckDiskImages() => world.Scheduler.After(random.Exponential(5 * Scheduler.Second), () =>
    {
        if (_isOver)
        {
            return;
        }

        if (AnyNode() is { Process: not null } node)
        {
            var image = node.Disk.Files.Fork(random.Split()).Crash(random.Split());
            image.CapacityBytes = long.MaxValue;
            var snapshot = new SnapshotStore(image, NodeStorage.Cluster).FindNewest();
            using var log = RaftLogStore.Open(
                image, NodeStorage.LogOptions(world.Options, mayCreate: false), snapshot, out var recovered);
            world.Checks.DiskImage(node, recovered);
        }

        CheckDiskImages();
    });
}
