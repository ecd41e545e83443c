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
internal static class ReadEndpoints
{
    public static void MapReads(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapReplica();
        group.MapPost(NodeRoutes.Reads, ReadAsync).WithBodyLimit(BodyLimits.Batch);
        group.MapPost(NodeRoutes.ReadIndex, ReadIndexAsync).WithBodyLimit(BodyLimits.None);
    }

    private static async Task ReadAsync(HttpContext context, ReplicaHost replica, NodeMetrics metrics)
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
            r => Answer(r, cluster, batch.Requests));
        metrics.ReadsAnswered(NameOf(batch.Consistency), batch.Requests.Count, Stopwatch.GetElapsedTime(started));
        await WriteAsync(context, replica, status, answer);
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
    /// On the replica's turn: everything at one revision. Large values end the answer early: the gateway asks again for
    /// what is missing.
    /// </summary>
    private static ReadOnlyMemory<byte> Answer(
        ReplicaNode replica, Guid cluster, IReadOnlyList<ReadRequest> requests)
    {
        var results = new List<ReadResult>(requests.Count);
        var bytes = 0L;
        foreach (var request in requests)
        {
            var result = WithExpiry(replica, replica.Machine.Read(request));
            bytes += ValueBytes(result);
            if (results.Count > 0 && bytes > Limits.BatchBytesMax)
            {
                break;
            }

            results.Add(result);
        }

        var answer = new ReadBatchResult(replica.Machine.Revision, results) { Cluster = cluster };
        return BinaryBodies.Encode(answer, ReadResultCodec.Write);
    }

    private static long ValueBytes(ReadResult result) => result switch
    {
        ReadNodeResult node => node.Value.Length,
        ReadChildrenResult children => children.Children.Sum(child => (long)child.Value.Length),
        ReadChangeResult { Change: { } change } =>
            (change.Value?.Length ?? 0) + (change.Previous?.Value.Length ?? 0),
        _ => 0,
    };

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
}
