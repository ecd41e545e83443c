using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>One tiny question to the leader for all reads that wait here; the next ones gather while it is under way.</summary>
/// <remarks>Who comes while a question is under way is not answered by it: the leader may have been asked before.</remarks>
internal sealed class ReadIndexBatcher(
    NodeCalls calls, PreferredNode leader, GatewayOptions options, TimeProvider time, GatewayMetrics metrics,
    ILogger<ReadIndexBatcher> logger)
    : NodeBatcher<ReadIndexBatcher.Question, ReadIndex>(calls, leader, options, underWayMax: 1, time, logger)
{
    /// <summary>At 100 reads a question, the nodes spend less on a read than the gateway on its headers.</summary>
    private const int CountMax = 100;

    private readonly ReadGathering _gathering = new(CountMax);
    private readonly TimeSpan _gatherMax = options.ReadGatherMax;

    protected override bool IsMutation => false;

    public ValueTask<ReadIndex> AskAsync() => EnqueueAsync(default, bytes: 1);

    protected override async ValueTask SendAsync(List<Pending<Question, ReadIndex>> batch)
    {
        metrics.ReadIndexAsked(batch.Count);
        var askedAt = Time.GetTimestamp();
        switch (await DeliverAsync(batch, NodeRoutes.ReadIndex, default))
        {
            case { IsTaken: true, Body: var body }:
                var point = ReadPoint.Read(body.Span);
                var answers = new ReadIndex[batch.Count];
                Array.Fill(answers, new ReadIndex(point.Cluster, point.Revision, askedAt));
                Complete(batch, answers);
                break;
            case { IsTaken: false }:
                PutBack(batch);
                break;
        }
    }

    /// <summary>One question is under way at a time, so nobody else is here.</summary>
    protected override async ValueTask BeforeNextAsync()
    {
        var wanted = _gathering.Next(WaitingCount);
        if (wanted > 1 && _gatherMax > TimeSpan.Zero)
        {
            await GatherAsync(wanted, _gatherMax);
            _gathering.Gathered(wanted, WaitingCount);
        }
    }

    /// <summary>All of them are the same.</summary>
    internal readonly record struct Question;
}
