using System.Buffers;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Coherence.Delivery;

/// <summary>Reads of one consistency: all that wait share one batch, and so one question of the leader to its quorum.</summary>
public sealed class ReadQuestions(ReadConsistency consistency) : IBatchCodec<ReadQuestion, ReadAnswer>
{
    public bool IsMutation => false;

    public bool FailsAlone => true;

    public bool IsPreparing => false;

    public bool IsRelief(ReadQuestion request) => true;

    public ReadOnlyMemory<byte> Encode(IReadOnlyList<Waiting<ReadQuestion, ReadAnswer>> batch, long now)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var requests = new ReadRequest[batch.Count];
        var minRevision = Revision.Zero;
        for (var i = 0; i < requests.Length; i++)
        {
            var read = batch[i].Request;
            requests[i] = read.Request;
            minRevision = read.MinRevision > minRevision ? read.MinRevision : minRevision;
        }

        // Not reused: a call that was cut off may still read it, and it is small.
        var bytes = new ArrayBufferWriter<byte>();
        ReadRequestCodec.Write(bytes, new ReadBatch(consistency, minRevision, requests));
        return bytes.WrittenMemory;
    }

    public BatchAnswer<ReadAnswer> Decode(IReadOnlyList<Waiting<ReadQuestion, ReadAnswer>> batch, ReadOnlyMemory<byte> body)
    {
        var answer = ReadResultCodec.Read(body.Span);
        var results = new ReadAnswer[answer.Results.Count];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = new ReadAnswer(answer.Results[i], answer.Revision) { Cluster = answer.Cluster };
        }

        return new(BatchAnswerKind.Results, results);
    }

    public void GiveBack(IReadOnlyList<Waiting<ReadQuestion, ReadAnswer>> batch)
    {
    }

    public void Release(bool isIdle)
    {
    }
}
