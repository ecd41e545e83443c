using Cloudkeeper.Node.Cluster;
using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Node.Metrics;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Sessions;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Node.Sessions;

/// <summary>Batches of session keepalives from gateways.</summary>
internal static class KeepaliveEndpoints
{
    public static void MapKeepalives(this IEndpointRouteBuilder routes) =>
        routes.MapReplica().MapPost(NodeRoutes.Keepalives, CountAsync).WithBodyLimit(BodyLimits.Keepalives);

    private static async Task CountAsync(HttpContext context, ReplicaHost replica, NodeMetrics metrics)
    {
        var body = await BinaryBodies.ReadAsync(context, reserved: 0, BodyLimits.Keepalives);
        if (body is null)
        {
            return;
        }

        if (Decode(body) is not { } sessions)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        var results = await replica.KeepaliveAsync(sessions);
        if (results is null)
        {
            context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
            await LeaderHint.AddAsync(context, replica);
            return;
        }

        metrics.KeepalivesCounted(results.Count);
        await BinaryBodies.WriteAsync(context, BinaryBodies.Encode(results, KeepaliveCodec.WriteResults));
    }

    private static SessionId[]? Decode(byte[] body)
    {
        try
        {
            return KeepaliveCodec.ReadSessions(body);
        }
        catch (WireFormatException)
        {
            return null;
        }
    }
}
