using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Nodes;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Faults;

/// <summary>
/// A leader that is cut off from the other nodes, but neither from gateways nor from the administrator. It takes a
/// flood of commands and a change of the members, which no other node ever receives: its log is the longest of all, and
/// the one that has to give way (bugs B-07 and B-54).
/// </summary>
internal sealed class LonelyLeader(World world, SimulationRandom random)
{
    private const int CommandsMax = 60;
    private const int PatienceTimeouts = 6;

    private readonly Damage _damage = new(world);

    /// <summary>As a fault among others, whose end the caller does not wait for.</summary>
    public void Strike()
    {
        if (Leader() is { } leader)
        {
            Isolate(leader);
            WishSoon(leader, leader.Process!);
            FollowUp(leader, leader.Process!.Replica.Term, world.Scheduler.Now + Patience);
        }
    }

    /// <summary>
    /// Waits until another node leads, and joins all links again at that moment: the one log is longer, the other one
    /// newer.
    /// </summary>
    /// <param name="nodes">All nodes; those to be broken so that these two have to agree come first.</param>
    /// <returns>False: there was no leader, or none after it.</returns>
    public bool TryDivide(out List<SimulatedNode> nodes)
    {
        nodes = [];
        if (Leader() is not { } leader)
        {
            return false;
        }

        var term = leader.Process!.Replica.Term;
        Isolate(leader);
        var deadline = world.Scheduler.Now + Patience;
        while (Newer(leader, term) is null && world.Scheduler.Now < deadline)
        {
            world.Scheduler.RunUntil(world.Scheduler.Now + (world.Options.Tick / 4));
        }

        var newer = Newer(leader, term);
        world.Network.JoinAll();
        if (newer is null)
        {
            return false;
        }

        // The new leader would only give the others the right log.
        nodes = [.. world.Nodes.OrderBy(n => n == leader ? 3 : n == newer ? 2 : n.Process?.Replica.Role == Role.Leader ? 0 : 1)];
        world.Totals.Count(Marker.LogsDivided);
        return true;
    }

    private long Patience => PatienceTimeouts * world.Options.ElectionTimeout;

    private SimulatedNode? Leader() =>
        world.Nodes.FirstOrDefault(n => n.Process?.Replica.IsServingLeader == true && !n.IsPaused);

    /// <summary>A follower that has something of a later term on its disk.</summary>
    private SimulatedNode? Newer(SimulatedNode leader, Term than) => world.Nodes.FirstOrDefault(n =>
        n != leader && n.Process is { Replica.Role: Role.Follower } process && process.View.Durable.Last.Term > than);

    private void Isolate(SimulatedNode leader)
    {
        world.Totals.Count(Marker.LonelyLeaders);
        foreach (var other in world.Nodes)
        {
            Cut(other.Address, leader.Address);
            Cut(leader.Address, other.Address);
        }

        random.Pick(world.Gateways).Flood(random.Between(1, CommandsMax), leader.Address);
    }

    private void Cut(int from, int to)
    {
        world.Trace.Add(TraceKind.Partition, from, to);
        world.Network.Cut(from, to);
    }

    /// <summary>Behind the flood; unless the change could be one too many after a disk was lost.</summary>
    private void WishSoon(SimulatedNode leader, NodeProcess process) => world.Scheduler.After(
        world.Options.ElectionTimeout / 4,
        () =>
        {
            var others = world.Checks.Ledger.Membership.Members.Where(m => m.Id != process.Id).ToList();
            if (others.Count > 0 && others.TrueForAll(m => m.Instance == Guid.Empty || _damage.IsSound(m.Id)))
            {
                var leaving = random.Pick(others).Id;
                leader.Process?.Post(r => r.RemoveMembers([leaving], dryRun: false, static _ => { }));
            }
        });

    /// <summary>
    /// As soon as another node leads, it takes a snapshot: the lonely one, back again, gets that and no entries.
    /// </summary>
    private void FollowUp(SimulatedNode leader, Term term, long deadline) => world.Scheduler.After(
        world.Options.Tick / 2,
        () =>
        {
            if (!world.HasFaults)
            {
                return;
            }

            var successor = world.Nodes.FirstOrDefault(
                n => n != leader && n.Process is { Replica.IsServingLeader: true } process && process.Replica.Term > term);
            successor?.Process!.Post(static r => r.RequestSnapshot(r.AppliedIndex, static _ => { }));
            if (successor is null && world.Scheduler.Now < deadline)
            {
                FollowUp(leader, term, deadline);
            }
            else
            {
                world.Scheduler.After(random.Exponential(world.Options.ElectionTimeout), () => Return(leader));
            }
        });

    private void Return(SimulatedNode leader)
    {
        // When the faults are over, others cut and join.
        if (world.HasFaults)
        {
            foreach (var other in world.Nodes)
            {
                world.Network.Join(other.Address, leader.Address);
                world.Network.Join(leader.Address, other.Address);
            }
        }
    }
}
