using System.Buffers;
using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Sessions;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>Keepalives on their way to the leader, which counts them without its log.</summary>
internal sealed class KeepaliveBatcher(
    NodeCalls calls, PreferredNode leader, GatewayOptions options, TimeProvider time, ILogger<KeepaliveBatcher> logger)
    : NodeBatcher<SessionId, KeepaliveResult>(calls, leader, options, underWayMax: 1, time, logger)
{
    protected override bool IsMutation => false;

    public ValueTask<KeepaliveResult> KeepAliveAsync(SessionId session) => EnqueueAsync(session, sizeof(long));

    protected override async ValueTask SendAsync(List<Pending<SessionId, KeepaliveResult>> batch)
    {
        var bytes = new ArrayBufferWriter<byte>();
        KeepaliveCodec.WriteSessions(bytes, [.. batch.Select(static pending => pending.Request)]);
        if (await DeliverAsync(batch, NodeRoutes.Keepalives, bytes.WrittenMemory) is not { } delivery)
        {
            return;
        }

        if (!delivery.IsTaken)
        {
            PutBack(batch);
            return;
        }

        var results = KeepaliveCodec.ReadResults(delivery.Body.Span);
        if (results.Length != batch.Count)
        {
            throw new InvalidOperationException($"{results.Length} results for {batch.Count} keepalives.");
        }

        Complete(batch, results);
    }
}
