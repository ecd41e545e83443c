using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Redis;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Faults;

/// <summary>Cuts links between nodes, and between nodes and gateways.</summary>
internal sealed class Partitions(World world, SimulationRandom random)
{
    private bool _isOver;

    /// <summary>From here on others cut and join.</summary>
    public void End() => _isOver = true;

    /// <summary>Isolates one node, parts the nodes in two, or leaves one bridge between two parts.</summary>
    public void Split(long duration)
    {
        world.Totals.Count(Marker.Partitions);
        var addresses = Addresses();
        var side = new Dictionary<int, int>();
        var isolated = random.Chance(0.4) ? random.Between(1, world.Nodes.Count) : 0;
        foreach (var address in addresses)
        {
            side[address] = isolated > 0 ? (address == isolated ? 1 : 0) : random.Next(2);
        }

        // The bridge is connected to both sides.
        if (isolated == 0 && random.Chance(0.3))
        {
            side[random.Between(1, world.Nodes.Count)] = 2;
        }

        foreach (var from in addresses)
        {
            foreach (var to in addresses)
            {
                if (side[from] + side[to] == 1)
                {
                    Cut(from, to, duration);
                }
            }
        }
    }

    public void CutOneWay(long duration)
    {
        world.Totals.Count(Marker.OneWayPartitions);
        var from = random.Pick(Addresses());
        var to = random.Between(1, world.Nodes.Count);
        if (from != to)
        {
            Cut(from, to, duration);
        }
    }

    private List<int> Addresses() =>
        [
        .. world.Nodes.Select(n => n.Address), .. world.Gateways.Select(g => g.Address), SimulatedRedis.Address,
    ];

    private void Cut(int from, int to, long duration)
    {
        world.Trace.Add(TraceKind.Partition, from, to, duration);
        world.Network.Cut(from, to);
        world.Scheduler.After(duration, () =>
        {
            if (!_isOver)
            {
                world.Network.Join(from, to);
            }
        });
    }
}
