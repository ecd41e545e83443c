using System.Buffers;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Sessions;
using Cloudkeeper.Simulation.Clients;
using Cloudkeeper.Simulation.Network;

namespace Cloudkeeper.Simulation.Gateways;

/// <summary>Keepalives on their way to the leader.</summary>
internal sealed class KeepaliveChannel(Gateway gateway) : LeaderChannel(gateway, Route.Keepalives)
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    protected override byte[] Encode(IReadOnlyList<Call> batch)
    {
        var sessions = new SessionId[batch.Count];
        for (var i = 0; i < sessions.Length; i++)
        {
            sessions[i] = (SessionId)batch[i].Request;
        }

        _bytes.ResetWrittenCount();
        KeepaliveCodec.WriteSessions(_bytes, sessions);
        return _bytes.WrittenSpan.ToArray();
    }

    protected override bool TryComplete(IReadOnlyList<Call> batch, byte[] answer)
    {
        var results = KeepaliveCodec.ReadResults(answer);
        for (var i = 0; i < batch.Count; i++)
        {
            batch[i].End(CallOutcome.Answered, results[i]);
        }

        return true;
    }
}
