using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Members;
using Cloudkeeper.Simulation.Invariants.Consensus;
using Cloudkeeper.Simulation.Network;
using Cloudkeeper.Simulation.Oracle;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Nodes;

/// <summary>
/// A member without a leader for long asks the others whether it still is one: it may have been removed while no
/// message could reach it, and a learner never stands for election, where it would learn of it. One that has come back
/// with another program announces that.
/// </summary>
internal sealed class Arrival(NodeProcess process)
{
    private const int Patience = 4;

    private long _heard = process.World.Scheduler.Now;
    private long _askedNow = -process.World.Options.ElectionTimeout;

    // Calls are numbered in order: calls before this one were made by a process that is no more.
    private long _firstCall = long.MaxValue;

    private World World => process.World;

    public void Tick()
    {
        var isWell = process.Replica.Leader is not null && IsCurrent(process.Replica.Membership.Find(process.Id));
        var isLong = World.Scheduler.Now - _heard > Patience * World.Options.ElectionTimeout;
        if (isWell || isLong)
        {
            _heard = World.Scheduler.Now;
        }

        if (!isWell && isLong)
        {
            AnnounceToAll();
        }
    }

    /// <summary>A peer reports that it is no member any more.</summary>
    public void AskNow()
    {
        if (World.Scheduler.Now - _askedNow > World.Options.ElectionTimeout)
        {
            _askedNow = World.Scheduler.Now;
            AnnounceToAll();
        }
    }

    public void OnAnswer(AdmissionEnvelope answer)
    {
        if (answer.Call < _firstCall)
        {
            return;
        }

        // Or its directory is another member's by now: an announcement was read when this member had been taken out
        // already.
        if (answer.Outcome is { Status: ChangeStatus.Refused, Code: ChangeCodes.Removed }
            || (answer.Outcome is { Status: ChangeStatus.Done, Node: { } id } && id != process.Id))
        {
            World.Totals.Count(Marker.FormerMembersTurnedAway);
            MembershipSafety.RequireGone(process.Id, process.Instance, World.Checks.Ledger.Membership);
            process.Node.Dismiss();
        }
    }

    /// <summary>The log knows its present program. A node that is not in it yet was announced when it joined.</summary>
    private bool IsCurrent(Member? self) => self is null || self.Level == process.Node.Level;

    private void AnnounceToAll()
    {
        var announcement = new Announcement(
            NodeStorage.Cluster,
            process.Id,
            process.Instance,
            MemberBook.UrlOf(process.Node.Address),
            process.Node.Level);
        process.Post(r => r.Announce(announcement, static _ => { }));
        foreach (var node in World.Nodes.Where(n => n != process.Node))
        {
            var call = World.NextId();
            _firstCall = Math.Min(_firstCall, call);
            World.Network.Send(new AnnouncementEnvelope(process.Node.Address, node.Address, call, announcement));
        }
    }
}
