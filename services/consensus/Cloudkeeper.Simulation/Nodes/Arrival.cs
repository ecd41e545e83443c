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
    private int _leader;

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
            Ask(_leader > 0 ? _leader : process.Node.Random.Between(1, World.Nodes.Count));
        }
    }

    public void OnAnswer(AdmissionEnvelope answer)
    {
        _leader = answer.Leader;
        if (answer.Outcome is { Status: ChangeStatus.Refused, Code: ChangeCodes.Removed })
        {
            World.Totals.Count(Marker.FormerMembersTurnedAway);
            process.Node.Dismiss();
        }
        else if (answer.Leader > 0 && process.Replica.Leader is null)
        {
            Ask(answer.Leader);
        }
    }

    private void Ask(int machine)
    {
        _leader = 0;
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
