using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Nodes;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Faults;

/// <summary>Disks that are slow, full, broken, rotten, gone, or without power in the middle of something.</summary>
internal sealed class DiskFaults(World world, SimulationRandom random)
{
    private const double FillsAllShare = 0.3;
    private const double FillsLeaderShare = 0.5;

    /// <summary>Room is looked for once a second: a shortage that is over before changes nothing.</summary>
    private const int FullFactor = 4;

    private readonly Damage _damage = new(world);

    public void Strike(FaultClass fault, SimulatedNode node, long duration)
    {
        var disk = node.Disk;
        switch (fault)
        {
            case FaultClass.CrashAtDisk:
                disk.CrashAfter(random.Logarithmic(1, 100));
                break;
            case FaultClass.DiskError:
                disk.FailAfter(random.Logarithmic(1, 100));
                break;
            case FaultClass.NoSpaceOnce:
                disk.RefuseSpaceAfter(random.Logarithmic(1, 20));
                break;
            case FaultClass.SlowDisk:
                disk.Slowness = random.Logarithmic(2, 200);
                world.Scheduler.After(duration, () => disk.Slowness = 1);
                break;
            case FaultClass.FullDisk:
                Fill(node, duration);
                break;
            case FaultClass.ReadOnlyDisk:
                world.Totals.Count(Marker.ReadOnlyDisks);
                disk.IsReadOnly = true;
                world.Scheduler.After(duration, () => disk.IsReadOnly = false);
                break;
            case FaultClass.DiskLoss when _damage.MayLose(node) && node.IsUp:
                node.LoseDisk();
                break;
            case FaultClass.BitRot when world.Options.MayLoseQuorum || _damage.MayLose(node):
                Rot(node);
                break;
        }
    }

    /// <summary>The disk of one, of the leader, or of all of them: they often stand in one rack, and hold the same.</summary>
    private void Fill(SimulatedNode node, long duration)
    {
        var leader = world.Nodes.FirstOrDefault(n => n.Process?.Replica.IsServingLeader == true);
        IReadOnlyList<SimulatedNode> victims = random.Chance(FillsAllShare) ? world.Nodes
            : leader is not null && random.Chance(FillsLeaderShare) ? [leader]
            : [node];
        foreach (var victim in victims)
        {
            world.Totals.Count(Marker.DisksFull);
            victim.Disk.SetFull(true);
            world.Scheduler.After(FullFactor * duration, () => victim.Disk.SetFull(false));
        }
    }

    /// <summary>
    /// Sometimes it shows at once, sometimes at the next start, sometimes to a member that is sent a snapshot.
    /// </summary>
    private void Rot(SimulatedNode node)
    {
        for (var i = random.Between(1, 3); i > 0; i--)
        {
            node.Rot(random);
        }

        if (node.IsUp && random.Chance(0.5))
        {
            node.Crash();
        }
    }
}
