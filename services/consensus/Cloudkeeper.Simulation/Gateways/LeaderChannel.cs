using Cloudkeeper.Simulation.Network;

namespace Cloudkeeper.Simulation.Gateways;

/// <summary>Asks the leader, as far as it is known.</summary>
internal abstract class LeaderChannel(Gateway gateway, Route route) : Channel(gateway, route)
{
    private int _leader = 1;

    protected override int NextNode() => _leader;

    protected override void Learn(int asked, int leader)
    {
        if (asked == _leader)
        {
            _leader = leader > 0 && leader != asked ? leader : (asked % Gateway.World.Nodes.Count) + 1;
        }
    }
}
