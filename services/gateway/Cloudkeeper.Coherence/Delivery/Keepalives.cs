using System.Buffers;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Sessions;

namespace Cloudkeeper.Coherence.Delivery;

/// <summary>Keepalives on their way to the leader, which counts them without its log.</summary>
public sealed class Keepalives : IBatchCodec<SessionId, KeepaliveResult>
{
    public bool IsMutation => false;

    public bool FailsAlone => false;

    public bool IsPreparing => false;

    public bool IsRelief(SessionId request) => true;

    public ReadOnlyMemory<byte> Encode(IReadOnlyList<Waiting<SessionId, KeepaliveResult>> batch, long now)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var sessions = new SessionId[batch.Count];
        for (var i = 0; i < sessions.Length; i++)
        {
            sessions[i] = batch[i].Request;
        }

        var bytes = new ArrayBufferWriter<byte>();
        KeepaliveCodec.WriteSessions(bytes, sessions);
        return bytes.WrittenMemory;
    }

    public BatchAnswer<KeepaliveResult> Decode(
        IReadOnlyList<Waiting<SessionId, KeepaliveResult>> batch, ReadOnlyMemory<byte> body)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var results = KeepaliveCodec.ReadResults(body.Span);
        return results.Length == batch.Count
            ? new(BatchAnswerKind.Results, results)
            : throw new InvalidOperationException($"{results.Length} results for {batch.Count} keepalives.");
    }

    public void GiveBack(IReadOnlyList<Waiting<SessionId, KeepaliveResult>> batch)
    {
    }

    public void Release(bool isIdle)
    {
    }
}
