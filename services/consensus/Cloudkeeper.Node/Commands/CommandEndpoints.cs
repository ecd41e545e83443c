using System.Diagnostics;
using Cloudkeeper.Node.Cluster;
using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Node.Metrics;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Wire;
using Cloudkeeper.Replica;
using Cloudkeeper.Replica.Commands;

namespace Cloudkeeper.Node.Commands;

/// <summary>Batches of commands from gateways.</summary>
internal static class CommandEndpoints
{
    public static void MapCommands(this IEndpointRouteBuilder routes) =>
        routes.MapReplica().MapPost(NodeRoutes.Commands, SubmitAsync).WithBodyLimit(BodyLimits.Batch);

    private static async Task SubmitAsync(HttpContext context, ReplicaHost replica, NodeMetrics metrics)
    {
        var started = Stopwatch.GetTimestamp();
        var payload = await BinaryBodies.ReadAsync(context, EntryPayload.HeaderBytes, BodyLimits.Batch);
        if (payload is null)
        {
            return;
        }

        if (CountOf(payload) is not { } count)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        var outcome = await replica.SubmitAsync(payload);
        metrics.CommandsAnswered(NameOf(outcome.Status), count, Stopwatch.GetElapsedTime(started));
        if (outcome.Status == SubmitStatus.Decided)
        {
            await BinaryBodies.WriteAsync(context, BinaryBodies.Encode(outcome.Results, CommandResultCodec.WriteAll));
            return;
        }

        context.Response.StatusCode = StatusOf(outcome.Status);
        await LeaderHint.AddAsync(context, replica);
        if (outcome.Status == SubmitStatus.Reserved)
        {
            await context.Response.WriteAsync(
                "The batch has a command that only the leader itself decides (ends of sessions, idle nodes, feature levels, "
                + "checkpoints), or one of a higher feature level than the cluster's.",
                context.RequestAborted);
        }
    }

    private static int? CountOf(byte[] payload)
    {
        try
        {
            return CommandCodec.ReadCount(payload.AsSpan(EntryPayload.HeaderBytes));
        }
        catch (WireFormatException)
        {
            return null;
        }
    }

    private static int StatusOf(SubmitStatus status) => status switch
    {
        SubmitStatus.NotLeader => StatusCodes.Status421MisdirectedRequest,
        SubmitStatus.Overloaded => StatusCodes.Status429TooManyRequests,
        SubmitStatus.TooMuch => StatusCodes.Status413PayloadTooLarge,
        SubmitStatus.StorageFull => StatusCodes.Status507InsufficientStorage,
        SubmitStatus.Malformed => StatusCodes.Status400BadRequest,
        SubmitStatus.Reserved => StatusCodes.Status403Forbidden,
        SubmitStatus.Unknown => StatusCodes.Status504GatewayTimeout,
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, null),
    };

    private static string NameOf(SubmitStatus status) => status switch
    {
        SubmitStatus.Decided => "decided",
        SubmitStatus.NotLeader => "not_leader",
        SubmitStatus.Overloaded => "overloaded",
        SubmitStatus.TooMuch => "too_much",
        SubmitStatus.StorageFull => "storage_full",
        SubmitStatus.Malformed => "malformed",
        SubmitStatus.Reserved => "reserved",
        _ => "unknown",
    };
}
