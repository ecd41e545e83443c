using Cloudkeeper.Replica.Members;
using Cloudkeeper.Simulation.Network;
using Cloudkeeper.Simulation.Oracle;
using Cloudkeeper.Simulation.Runs;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Nodes;

/// <summary>
/// A member without a leader for long asks the others whether it still is one: it may have been removed while nobody could
/// tell it, and a learner never stands for election, where it would hear of it.
/// </summary>
internal sealed class Arrival(NodeProcess process)
{
    private const int Patience = 4;

    private long _heard = process.World.Scheduler.Now;

    private World World => process.World;

    public void Tick()
    {
        var isLong = World.Scheduler.Now - _heard > Patience * World.Options.ElectionTimeout;
        if (process.Replica.Leader is not null || isLong)
        {
            _heard = World.Scheduler.Now;
        }

        if (process.Replica.Leader is null && isLong)
        {
            foreach (var node in World.Nodes)
            {
                Ask(node.Address);
            }
        }
    }

    public void OnAnswer(AdmissionEnvelope answer)
    {
        if (answer.Outcome is { Status: ChangeStatus.Refused, Code: ChangeCodes.Removed })
        {
            World.Totals.Count(Marker.FormerMembersTurnedAway);
            process.Node.Dismiss();
        }
    }

    private void Ask(int machine)
    {
        if (machine != process.Node.Address)
        {
            var announcement = new Announcement(
                NodeStorage.Cluster,
                process.Id,
                process.Instance,
                MemberBook.UrlOf(process.Node.Address),
                FeatureLevels.Newest);
            World.Network.Send(
                new AnnouncementEnvelope(process.Node.Address, machine, World.NextId(), announcement));
        }
    }
}
