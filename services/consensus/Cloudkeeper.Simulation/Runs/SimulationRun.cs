using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Faults;
using Cloudkeeper.Simulation.Invariants;

namespace Cloudkeeper.Simulation.Runs;

/// <summary>One seed from the beginning to the verdict.</summary>
internal static class SimulationRun
{
    private const int LastEvents = 60;

    public static RunResult Execute(SimulationOptions options, Action<TraceEvent>? listener = null)
    {
        var world = new World(options, listener);
        string? violation = null;
        try
        {
            Run(world);
        }
        catch (ViolationException e)
        {
            violation = e.Message;
        }
#pragma warning disable CA1031 // Every exception inside is a finding: as a rule an assertion of the code under test.
        catch (Exception e)
        {
            violation = $"assertion: {e}";
        }
#pragma warning restore CA1031

        world.Totals.SimulatedTime = world.Scheduler.Now;
        world.Totals.Events = world.Scheduler.EventCount;
        return new RunResult(
            options,
            violation,
            world.Trace.Hash,
            world.Totals,
            violation is null ? [] : [.. world.Trace.Last(LastEvents).Select(e => e.ToString())]);
    }

    private static void Run(World world)
    {
        var options = world.Options;
        var random = new SimulationRandom(Hash.Mix(options.Seed, 0xFA17));
        foreach (var node in world.Nodes)
        {
            node.Start();
        }

        foreach (var gateway in world.Gateways)
        {
            gateway.Start();
        }

        foreach (var watcher in world.Watchers)
        {
            watcher.Start();
        }

        world.Neighbour.Start();
        world.Adversary.Start();
        world.HostilePeer.Start();
        world.Workload.Start();
        world.Scheduler.RunUntil(options.WarmUp);

        var faults = new FaultInjector(world, random.Split());
        faults.Start();
        world.Scheduler.RunUntil(options.WarmUp + options.Safety);

        // The operators' requests are done, and a node that has gone silent is known to be.
        faults.End();
        world.Adversary.Besiege();
        world.Scheduler.RunUntil(world.Scheduler.Now + (3 * options.ElectionTimeout));
        var liveness = new LivenessPhase(world, random.Split());
        if (liveness.TryBegin())
        {
            liveness.Run();
            liveness.RestartAll();
        }
        else
        {
            world.Totals.Count(Marker.RunsWithoutQuorum);
            world.Workload.Stop();
            world.Scheduler.RunUntil(world.Scheduler.Now + world.Workload.CallTimeMax);
        }

        world.Workload.Check();
    }
}
