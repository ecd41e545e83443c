using System.Buffers;
using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>Reads of one consistency: all that wait share one batch, and so one question of the leader to its quorum.</summary>
internal sealed class ReadBatcher(
    ReadConsistency consistency, NodeCalls calls, PreferredNode node, GatewayOptions options, TimeProvider time,
    GatewayMetrics metrics, ILogger<ReadBatcher> logger)
    : NodeBatcher<ReadBatcher.Read, ReadAnswer>(calls, node, options, options.ReadBatches, time, logger)
{
    protected override bool IsMutation => false;

    protected override bool FailsAlone => true;

    /// <param name="minRevision">Of a local read; the leader's answer to a linearizable one reflects all anyway.</param>
    public ValueTask<ReadAnswer> ReadAsync(ReadRequest request, Revision minRevision) =>
        EnqueueAsync(new Read(request, minRevision), ReadRequestSize.Of(request));

    protected override async ValueTask SendAsync(List<Pending<Read, ReadAnswer>> batch)
    {
        var requests = new ReadRequest[batch.Count];
        var minRevision = Revision.Zero;
        for (var i = 0; i < requests.Length; i++)
        {
            var read = batch[i].Request;
            requests[i] = read.Request;
            minRevision = read.MinRevision > minRevision ? read.MinRevision : minRevision;
        }

        // Not reused: with several batches under way each needs its own, and they are small.
        var bytes = new ArrayBufferWriter<byte>();
        ReadRequestCodec.Write(bytes, new ReadBatch(consistency, minRevision, requests));
        metrics.ReadBatch(batch.Count);
        switch (await DeliverAsync(batch, NodeRoutes.Reads, bytes.WrittenMemory))
        {
            case { IsTaken: true, Body: var body }:
                Answer(batch, ReadResultCodec.Read(body.Span));
                break;
            case { IsTaken: false }:
                PutBack(batch);
                break;
        }
    }

    private void Answer(List<Pending<Read, ReadAnswer>> batch, ReadBatchResult answer)
    {
        var answered = answer.Results.Count;
        if (answered == 0 || answered > batch.Count)
        {
            throw new InvalidOperationException($"{answered} results for {batch.Count} reads.");
        }

        Length.Answered(answered, batch.Count);

        // A node ends its answer where it would become too large: the rest is asked again.
        Requeue(batch.Skip(answered).Where(static pending => !pending.IsCompleted));
        Complete(batch[..answered], [.. answer.Results.Select(result =>
            new ReadAnswer(result, answer.Revision) { Cluster = answer.Cluster })]);
    }

    internal readonly record struct Read(ReadRequest Request, Revision MinRevision);
}
