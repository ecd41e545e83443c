using System.Buffers;
using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Protocol.Wire;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Peers;
using Cloudkeeper.Storage;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Cloudkeeper.Node.Peers;

/// <summary>What the other members call.</summary>
internal static class PeerEndpoints
{
    /// <summary>An append is bounded by Raft's options; one entry by the largest batch.</summary>
    private const int FrameBytesMax = 64 << 20;

    private const int AnnouncementBytesMax = 1 << 20;

    public static void MapPeers(this IEndpointRouteBuilder routes)
    {
        routes.MapPost(PeerRoutes.Stream, ReceiveStreamAsync);
        routes.MapPost(PeerRoutes.Snapshot, ReceiveSnapshotAsync);
    }

    private static async Task ReceiveStreamAsync(HttpContext context, ReplicaHost replica)
    {
        if (!await RequireOwnClusterAsync(context, replica))
        {
            return;
        }

        // The stream lives as long as both processes, and is as slow as the traffic on it.
        Unbound(context);
        using var stopping = replica.Link(context.RequestAborted);
        try
        {
            await FrameReader.ReadAllAsync(
                context.Request.BodyReader,
                FrameBytesMax,
                frame => replica.Receive(Decode(frame)),
                stopping.Token);
        }
        catch (WireFormatException e)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, e.Message);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The peer went away, or we do; nobody waits for an answer.
        }
    }

    private static async Task ReceiveSnapshotAsync(HttpContext context, ReplicaHost replica, SnapshotTransfers transfers)
    {
        if (!await RequireOwnClusterAsync(context, replica))
        {
            return;
        }

        Unbound(context);
        var body = context.Request.BodyReader;
        try
        {
            var announcement = await FrameReader.ReadOneAsync(body, AnnouncementBytesMax, context.RequestAborted);
            if (announcement is null || RaftMessageCodec.Read(announcement) is not SnapshotRequest request)
            {
                await RefuseAsync(context, StatusCodes.Status400BadRequest, "Not a snapshot.");
                return;
            }

            await transfers.ReceiveAsync(request, body, replica, context.RequestAborted);
        }
        catch (Exception e) when (e is WireFormatException or StorageException)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, e.Message);
        }
    }

    private static RaftMessage Decode(ReadOnlySequence<byte> frame)
    {
        if (frame.IsSingleSegment)
        {
            return RaftMessageCodec.Read(frame.FirstSpan);
        }

        var length = (int)frame.Length;
        var copy = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            frame.CopyTo(copy);
            return RaftMessageCodec.Read(copy.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    private static void Unbound(HttpContext context)
    {
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
    }

    /// <summary>Two clusters never mix: a member says which cluster it belongs to, and whom it means.</summary>
    private static async Task<bool> RequireOwnClusterAsync(HttpContext context, ReplicaHost replica)
    {
        var query = context.Request.Query;
        var problem = query["cluster"] != replica.ClusterId.ToString("N") ? $"This is cluster {replica.ClusterId:N}."
            : query["to"] != replica.Id.ToString() ? $"This is node {replica.Id}."
            : null;
        if (problem is null)
        {
            return true;
        }

        await RefuseAsync(context, StatusCodes.Status409Conflict, problem);
        return false;
    }

    private static Task RefuseAsync(HttpContext context, int status, string problem)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(problem, context.RequestAborted);
    }
}
