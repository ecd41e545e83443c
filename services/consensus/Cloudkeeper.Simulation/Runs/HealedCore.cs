using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Faults;
using Cloudkeeper.Simulation.Nodes;

namespace Cloudkeeper.Simulation.Runs;

/// <summary>
/// The nodes that have to go on in the liveness phase: a quorum, sometimes the smallest there is. The others are broken
/// for good.
/// </summary>
internal sealed class HealedCore(World world, SimulationRandom random)
{
    /// <summary>
    /// How often the healed quorum begins with a restart: the content of its disks must do, and there is no leader.
    /// </summary>
    private const double BeginsWithRestart = 0.25;

    /// <summary>How often two that have to agree anew have logs that contradict each other.</summary>
    private const double BeginsDivided = 0.15;

    private readonly Damage _damage = new(world);
    private readonly List<(SimulatedNode Node, Term Term)> _cutOff = [];
    private List<SimulatedNode> _nodes = [];

    public IReadOnlyList<SimulatedNode> Nodes => _nodes;

    /// <summary>Whole, but none receives their messages; and their terms when that began.</summary>
    public IReadOnlyList<(SimulatedNode Node, Term Term)> CutOff => _cutOff;

    /// <summary>
    /// False: too many disks have rotted at once. Then no answer may be wrong, and nothing need go on.
    /// </summary>
    public bool IsQuorum => Decides(_nodes);

    /// <summary>Breaks machines, one after the other, as long as a quorum of the memberships in force is left.</summary>
    public void Choose()
    {
        var isDivided = random.Chance(BeginsDivided) && new LonelyLeader(world, random).TryDivide(out _nodes);
        if (!isDivided)
        {
            var nodes = world.Nodes.ToArray();
            random.Shuffle(nodes);
            _nodes = [.. nodes];
        }

        // The first ones are broken first.
        var all = _nodes.ToArray();
        var broken = isDivided || random.Chance(0.5) ? all.Length : random.Next(all.Length);
        foreach (var node in all)
        {
            if (broken > 0 && _nodes.Remove(node) && Decides(_nodes))
            {
                broken--;
                Break(node);
            }
            else if (!_nodes.Contains(node))
            {
                _nodes.Add(node);
            }
        }

        if (isDivided || random.Chance(BeginsWithRestart))
        {
            _nodes.ForEach(Restart);
        }

        world.Totals.Count(Marker.LivenessReachedWithMinority, _nodes.Count < all.Length ? 1 : 0);
    }

    /// <summary>A node that was only cut off takes part again.</summary>
    public void Rejoin()
    {
        _nodes.AddRange(_cutOff.Select(c => c.Node));
        world.Network.JoinAll();
    }

    /// <summary>The power goes off everywhere, and all nodes come back, the broken ones too.</summary>
    public void RestartAll()
    {
        world.Network.JoinAll();
        _nodes = [.. world.Nodes];
        foreach (var node in _nodes)
        {
            node.IsGone = false;
            node.Resume();
            node.Upgrade();
            Restart(node);
        }
    }

    private bool Decides(List<SimulatedNode> nodes) => _damage.CanDecide(
        id => _damage.IsSound(id) && nodes.Contains(world.NodeAt(world.Members.AddressOf(id))));

    private static void Restart(SimulatedNode node)
    {
        if (node.IsUp)
        {
            node.Crash();
        }

        node.Start();
    }

    private void Break(SimulatedNode node)
    {
        switch (random.Next(3))
        {
            case 0:
                node.IsGone = true;
                if (node.IsUp)
                {
                    node.Crash();
                }

                break;
            case 1:
                node.Pause(long.MaxValue / 4);
                break;
            default:
                Isolate(node);
                break;
        }
    }

    private void Isolate(SimulatedNode node)
    {
        var address = node.Address;
        if (node.Process is not null)
        {
            _cutOff.Add((node, node.Process.Replica.Term));
        }

        // Sometimes its messages still arrive: they must not disturb the others.
        var isHeard = random.Chance(0.3);
        foreach (var other in world.Nodes)
        {
            world.Network.Cut(other.Address, address);
            if (!isHeard)
            {
                world.Network.Cut(address, other.Address);
            }
        }
    }
}
