using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Coherence.Delivery;

/// <summary>One tiny question to the leader for all reads that wait; the next ones gather while it is under way.</summary>
/// <remarks>A read that comes while a question is under way is not answered by it: the leader may have been asked before.</remarks>
public sealed class ReadIndexQuestions : IBatchCodec<ReadIndexQuestion, ReadIndex>
{
    /// <summary>At 100 reads a question, members spend less on a read than the gateway on its headers.</summary>
    public const int GatheredMax = 100;

    private long _askedAt;

    public bool IsMutation => false;

    public bool FailsAlone => false;

    public bool IsPreparing => false;

    public bool IsRelief(ReadIndexQuestion request) => true;

    public ReadOnlyMemory<byte> Encode(IReadOnlyList<Waiting<ReadIndexQuestion, ReadIndex>> batch, long now)
    {
        _askedAt = now;
        return default;
    }

    public BatchAnswer<ReadIndex> Decode(
        IReadOnlyList<Waiting<ReadIndexQuestion, ReadIndex>> batch, ReadOnlyMemory<byte> body)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var point = ReadPoint.Read(body.Span);
        var answers = new ReadIndex[batch.Count];
        Array.Fill(answers, new ReadIndex(point.Cluster, point.Revision, _askedAt));
        return new(BatchAnswerKind.Results, answers);
    }

    public void GiveBack(IReadOnlyList<Waiting<ReadIndexQuestion, ReadIndex>> batch)
    {
    }

    public void Release(bool isIdle)
    {
    }
}
