using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Nodes;

/// <summary>Raft's events, for the trace and the invariants.</summary>
internal sealed class NodeObserver(NodeProcess process) : IRaftObserver
{
    private const double CrashesAtElection = 0.1;

    public void RoleChanged(NodeId node, Role role, Term term, NodeId? leader)
    {
        process.Trace(TraceKind.RoleChanged, term.Value, leader?.Value ?? 0, role);
        if (role != Role.Follower)
        {
            process.World.Checks.Stands(process);
        }

        if (role is Role.Candidate or Role.Leader)
        {
            NoteRareMoment();
        }

        if (role == Role.Leader)
        {
            process.World.Totals.Count(Marker.Elections);
            process.World.Checks.BecameLeader(process, term);
            CrashAllPerhaps();
        }
    }

    public void CommitAdvanced(NodeId node, LogIndex before, LogIndex now)
    {
        process.Trace(TraceKind.Committed, before.Value, now.Value);
        process.World.Checks.CommitAdvanced(process, now);
    }

    public void Truncated(NodeId node, LogIndex first, LogIndex last)
    {
        process.Trace(TraceKind.Truncated, first.Value, last.Value);
        process.World.Totals.Count(Marker.ConflictingTailsTruncated);
        NoteRareMoment();
    }

    public void Restored(NodeId node, SnapshotMetadata snapshot)
    {
        process.Trace(TraceKind.Restored, snapshot.Index.Value);
        process.World.Totals.Count(Marker.SnapshotsInstalled);
        NoteRareMoment();
    }

    /// <summary>
    /// The moment at which logs differ most: the leader before has what no other has, this one a later term and little
    /// more. Which log is the newer is decided by the members that come back (bug B-07).
    /// </summary>
    private void CrashAllPerhaps()
    {
        var world = process.World;
        if (world.HasFaults && world.Options.Has(FaultClass.CrashAll) && process.Node.Random.Chance(CrashesAtElection))
        {
            process.Later(process.Node.Random.Exponential(world.Options.SyncTime + world.Options.NetworkDelay), () =>
            {
                world.Totals.Count(Marker.CrashesOfAll);
                foreach (var node in world.Nodes.Where(static n => n.IsUp))
                {
                    node.Crash();
                }
            });
        }
    }

    private void NoteRareMoment()
    {
        if (process.World.HasFaults && process.World.Options.Has(FaultClass.CrashAtDisk))
        {
            process.Node.Disk.CrashSoonPerhaps();
        }
    }
}
