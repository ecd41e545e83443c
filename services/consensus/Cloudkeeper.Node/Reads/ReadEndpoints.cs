using System.Diagnostics;
using Cloudkeeper.Node.Cluster;
using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Node.Metrics;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Protocol.Wire;
using Cloudkeeper.Replica.Reads;

namespace Cloudkeeper.Node.Reads;

/// <summary>Batches of reads from gateways.</summary>
internal static partial class ReadEndpoints
{
    public static void MapReads(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapReplica();
        group.MapPost(NodeRoutes.Reads, ReadAsync).WithBodyLimit(BodyLimits.Batch);
        group.MapPost(NodeRoutes.ReadIndex, ReadIndexAsync).WithBodyLimit(BodyLimits.None);
    }

    private static async Task ReadAsync(
        HttpContext context, ReplicaHost replica, NodeMetrics metrics, ILogger<ReadBatch> logger)
    {
        var started = Stopwatch.GetTimestamp();
        var body = await BinaryBodies.ReadAsync(context, reserved: 0, BodyLimits.Batch);
        if (body is null)
        {
            return;
        }

        if (Decode(body) is not { } batch)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        var outcome = await replica.ReadAsync(batch, context.RequestAborted);
        using var lease = outcome.Lease;
        metrics.ReadsAnswered(NameOf(batch.Consistency), batch.Requests.Count, Stopwatch.GetElapsedTime(started));
        if (outcome.Failure is { } failure)
        {
            LogFailed(logger, failure, batch.Requests.Count);
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return;
        }

        // Encoded here, outside of the replica's turn: results do not change.
        await WriteAsync(context, replica, outcome.Status, Encode(replica.ClusterId, outcome));
    }

    private static ReadOnlyMemory<byte> Encode(Guid cluster, in ReadsOutcome outcome)
    {
        if (outcome.Results is not { } results)
        {
            return default;
        }

        var answer = new ReadBatchResult(outcome.Revision, results) { Cluster = cluster };
        return outcome.Lease is { } lease
            ? BinaryBodies.Encode(answer, ReadResultCodec.Write, (int)lease.Bytes)
            : BinaryBodies.Encode(answer, ReadResultCodec.Write);
    }

    /// <summary>One question for all reads that a gateway answers by itself.</summary>
    private static async Task ReadIndexAsync(HttpContext context, ReplicaHost replica, NodeMetrics metrics)
    {
        var started = Stopwatch.GetTimestamp();
        var (status, revision) = await replica.ReadIndexAsync();
        metrics.ReadsAnswered("index", 1, Stopwatch.GetElapsedTime(started));
        var point = new ReadPoint(replica.ClusterId, revision);
        await WriteAsync(context, replica, status, BinaryBodies.Encode(point, ReadPoint.Write));
    }

    private static async Task WriteAsync(
        HttpContext context, ReplicaHost replica, ReadStatus status, ReadOnlyMemory<byte> answer)
    {
        if (status == ReadStatus.Ready)
        {
            await BinaryBodies.WriteAsync(context, answer);
            return;
        }

        context.Response.StatusCode = status switch
        {
            ReadStatus.NotLeader => StatusCodes.Status421MisdirectedRequest,
            ReadStatus.Overloaded => StatusCodes.Status429TooManyRequests,
            _ => StatusCodes.Status503ServiceUnavailable,
        };
        await LeaderHint.AddAsync(context, replica);
    }

    private static ReadBatch? Decode(byte[] body)
    {
        try
        {
            return ReadRequestCodec.Read(body) is { Requests.Count: > 0 } batch ? batch : null;
        }
        catch (WireFormatException)
        {
            return null;
        }
    }

    private static string NameOf(ReadConsistency consistency) =>
        consistency == ReadConsistency.Linearizable ? "linearizable" : "local";

    [LoggerMessage(LogLevel.Error, "The first read of a batch of {Count} failed; nothing was changed")]
    private static partial void LogFailed(ILogger logger, Exception exception, int count);
}
