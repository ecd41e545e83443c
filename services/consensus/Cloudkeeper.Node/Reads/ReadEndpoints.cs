using System.Diagnostics;
using Cloudkeeper.Node.Cluster;
using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Node.Metrics;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Protocol.Wire;
using Cloudkeeper.Replica;
using Cloudkeeper.Replica.Reads;

namespace Cloudkeeper.Node.Reads;

/// <summary>Batches of reads from gateways.</summary>
internal static partial class ReadEndpoints
{
    /// <summary>So much is read for one batch in a turn: about two milliseconds of it (rule R11).</summary>
    public const int TurnBytesMax = 1 << 20;

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

        var cluster = replica.ClusterId;
        var (status, answer) = await replica.ReadAsync(
            batch.Consistency,
            batch.MinRevision,
            r => Answer(r, cluster, batch.Requests, e => LogFailed(logger, e, batch.Requests.Count)));
        metrics.ReadsAnswered(NameOf(batch.Consistency), batch.Requests.Count, Stopwatch.GetElapsedTime(started));
        if (status == ReadStatus.Ready && answer is null)
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return;
        }

        await WriteAsync(
            context, replica, status, answer is null ? default : BinaryBodies.Encode(answer, ReadResultCodec.Write));
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
            return ReadRequestCodec.Read(body);
        }
        catch (WireFormatException)
        {
            return null;
        }
    }

    /// <summary>
    /// On the replica's turn: everything at one revision, encoded elsewhere. An answer ends early when it grows large, of
    /// whatever kind its results are: the gateway asks again for what is missing, and others have their turn.
    /// </summary>
    /// <returns>Null: a read has failed. It has changed nothing, so it is no reason to end the process.</returns>
    private static ReadBatchResult? Answer(
        ReplicaNode replica, Guid cluster, IReadOnlyList<ReadRequest> requests, Action<Exception> failed)
    {
        try
        {
            return Answer(replica, cluster, requests);
        }
#pragma warning disable CA1031 // Whatever it is: it is this read's.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failed(e);
            return null;
        }
    }

    private static ReadBatchResult Answer(ReplicaNode replica, Guid cluster, IReadOnlyList<ReadRequest> requests)
    {
        var results = new List<ReadResult>(requests.Count);
        var bytes = 0L;
        foreach (var request in requests)
        {
            var result = WithExpiry(replica, replica.Machine.Read(request));
            bytes += ReadResultSize.Of(result);
            if (results.Count > 0 && bytes > TurnBytesMax)
            {
                break;
            }

            results.Add(result);
        }

        return new ReadBatchResult(replica.Machine.Revision, results) { Cluster = cluster };
    }

    /// <summary>How long sessions have left is the leader's count, not part of the replicated state.</summary>
    private static ReadResult WithExpiry(ReplicaNode replica, ReadResult result) => result switch
    {
        ReadSessionResult { Session: { } session } r => r with
        {
            ExpiresInMilliseconds = replica.ExpiresIn(session.Id),
        },
        ReadSessionsResult r => r with
        {
            Sessions = [.. r.Sessions.Select(s => s with { ExpiresInMilliseconds = replica.ExpiresIn(s.Session.Id) })],
        },
        ReadTicketResult r => WithTicketExpiry(replica, r),
        ReadLockResult r => r with { Tickets = [.. r.Tickets.Select(t => WithTicketExpiry(replica, t))] },
        _ => result,
    };

    private static ReadTicketResult WithTicketExpiry(ReplicaNode replica, ReadTicketResult result) =>
        result.Ticket is { } ticket
            ? result with { ExpiresInMilliseconds = replica.ExpiresIn(ticket.Session) }
            : result;

    private static string NameOf(ReadConsistency consistency) =>
        consistency == ReadConsistency.Linearizable ? "linearizable" : "local";

    [LoggerMessage(LogLevel.Error, "A batch of {Count} reads failed; nothing was changed")]
    private static partial void LogFailed(ILogger logger, Exception exception, int count);
}
