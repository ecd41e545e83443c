using System.Buffers;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Simulation.Clients;
using Cloudkeeper.Simulation.Network;

namespace Cloudkeeper.Simulation.Gateways;

/// <summary>Reads, many in one question: of the leader when they are to be linearizable, else of anybody.</summary>
internal sealed class ReadChannel(Gateway gateway, ReadConsistency consistency) : LeaderChannel(gateway, Route.Reads)
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    protected override byte[] Encode(IReadOnlyList<Call> batch)
    {
        var minRevision = Revision.Zero;
        var requests = new ReadRequest[batch.Count];
        for (var i = 0; i < requests.Length; i++)
        {
            var operation = (HistoryOperation)batch[i].Request;
            requests[i] = operation.Read!;
            minRevision = operation.AskedFor > minRevision ? operation.AskedFor : minRevision;
        }

        _bytes.ResetWrittenCount();
        ReadRequestCodec.Write(_bytes, new ReadBatch(consistency, minRevision, requests));
        return _bytes.WrittenSpan.ToArray();
    }

    protected override int NextNode() => consistency == ReadConsistency.Linearizable
        ? base.NextNode()
        : Gateway.Random.Between(1, Gateway.World.Nodes.Count);

    protected override bool TryComplete(IReadOnlyList<Call> batch, byte[] answer)
    {
        var results = ReadResultCodec.Read(answer);
        for (var i = 0; i < batch.Count; i++)
        {
            var operation = (HistoryOperation)batch[i].Request;
            Gateway.Answered(operation, results.Results[i], results.Cluster, results.Revision);
            batch[i].End(CallOutcome.Answered, (results.Results[i], results.Revision));
        }

        return true;
    }
}
