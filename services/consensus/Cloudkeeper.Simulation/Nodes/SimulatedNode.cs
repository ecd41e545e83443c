using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Network;
using Cloudkeeper.Simulation.Oracle;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Nodes;

/// <summary>One machine: a disk, a clock, and a process that comes and goes.</summary>
internal sealed class SimulatedNode(World world, NodeId id, SimulationRandom random) : IEndpoint
{
    private const double ResetIsNoticed = 0.5;

    public World World { get; } = world;

    public NodeId Id { get; } = id;

    public SimulationRandom Random { get; } = random;

    public SimulatedDisk Disk { get; } = new(random.Split(), world.Options);

    public NodeView View { get; } = new(id);

    /// <summary>Null while it is down.</summary>
    public NodeProcess? Process { get; private set; }

    public long PausedUntil { get; private set; }

    /// <summary>By how much its wall clock is wrong, in milliseconds.</summary>
    public long ClockOffset { get; set; }

    /// <summary>It stays down: part of the minority of the liveness phase.</summary>
    public bool IsGone { get; set; }

    public bool IsPaused => PausedUntil > World.Scheduler.Now;

    public void Start()
    {
        if (Process is not null || IsGone)
        {
            return;
        }

        try
        {
            PausedUntil = 0;
            Process = new NodeProcess(this);
        }
        catch (SimulatedCrashException)
        {
            // The power went off during recovery.
            World.Totals.Count(Marker.CrashesAtDiskOperations);
            Crash();
        }
    }

    /// <summary>The power goes off; it comes back by itself after some time.</summary>
    public void Crash()
    {
        if (Process is null && Disk.Files is null)
        {
            return;
        }

        World.Trace.Add(TraceKind.Crashed, Id.Value);
        World.Totals.Count(Marker.Crashes);
        Process = null;
        Disk.Crash();
        World.Scheduler.After(World.DownTime(), Start);
    }

    public void Pause(long duration)
    {
        World.Trace.Add(TraceKind.Paused, Id.Value, duration);
        PausedUntil = World.Scheduler.Now + duration;
    }

    public void Resume() => PausedUntil = 0;

    public void Receive(Envelope envelope)
    {
        if (Process is { } process)
        {
            process.Receive(envelope);
            return;
        }

        switch (envelope)
        {
            case RequestEnvelope request:
                World.Totals.Count(Marker.RequestsToNobody);
                World.Network.Send(new ReplyEnvelope(
                    Id.Value, request.From, request.Call, ReplyStatus.Unreachable, Leader: 0, []));
                break;
            case PeerEnvelope peer when Random.Chance(ResetIsNoticed):
                World.Nodes[peer.From - 1].Process?.Post(r => r.PeerUnreachable(Id));
                break;
        }
    }
}
