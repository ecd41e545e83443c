using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Simulation.Clients;
using Cloudkeeper.Simulation.Network;

namespace Cloudkeeper.Simulation.Gateways;

/// <summary>One question to the leader for all reads that wait here: at which revision is everything acknowledged?</summary>
internal sealed class ReadIndexChannel(Gateway gateway) : LeaderChannel(gateway, Route.ReadIndex)
{
    private long _askedAt;

    protected override byte[] Encode(IReadOnlyList<Call> batch)
    {
        _askedAt = Gateway.World.Scheduler.Now;
        return [];
    }

    protected override bool TryComplete(IReadOnlyList<Call> batch, byte[] answer)
    {
        var point = ReadPoint.Read(answer);
        Gateway.Memory.Confirm(point.Cluster, point.Revision, _askedAt);
        foreach (var call in batch)
        {
            call.End(CallOutcome.Answered, point);
        }

        return true;
    }
}
