using System.IO.Pipelines;
using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Protocol.Wire;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Peers;
using Cloudkeeper.Storage;
using Cloudkeeper.Tree;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Cloudkeeper.Node.Peers;

/// <summary>The endpoints for the other members.</summary>
internal static class PeerEndpoints
{
    /// <summary>An append is bounded by Raft's options; one entry by the largest batch.</summary>
    private const int FrameBytesMax = 64 << 20;

    private const int AnnouncementBytesMax = 1 << 20;

    public static void MapPeers(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapReplica();
        group.MapPost(PeerRoutes.Stream, ReceiveStreamAsync);
        group.MapPost(PeerRoutes.Snapshot, ReceiveSnapshotAsync);
    }

    private static async Task ReceiveStreamAsync(HttpContext context, ReplicaHost replica, PeerViolations violations)
    {
        if (await AdmitAsync(context, replica) is not var (peer, to))
        {
            return;
        }

        replica.Note(peer);

        // The stream lives as long as both processes, and is as slow as the traffic on it.
        Unbound(context);
        var stream = new PeerStream(replica, peer, to);
        using var stopping = replica.Link(context.RequestAborted);
        try
        {
            var reading = FrameReader.ReadAllAsync(
                context.Request.BodyReader, FrameBytesMax, stream.Receive, replica.BreatheAsync, stopping.Token);
            if (await Task.WhenAny(reading, stream.Broken) == stream.Broken)
            {
                await stopping.CancelAsync();
            }

            await reading;
        }
        catch (WireFormatException e)
        {
            violations.Notice(peer, e.Message);
            await RefuseAsync(context, StatusCodes.Status400BadRequest, e.Message);
        }
        catch (OperationCanceledException) when (stream.Broken.IsCompleted && !context.RequestAborted.IsCancellationRequested)
        {
            var refusal = await stream.Broken;
            await RefuseAsync(context, refusal.Status, refusal.Reason);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The peer went away, or we do; no client waits for an answer.
        }
    }

    private static async Task ReceiveSnapshotAsync(
        HttpContext context, ReplicaHost replica, PeerViolations violations, FatalErrors fatal, TimeProvider time)
    {
        if (await AdmitAsync(context, replica) is not var (peer, to))
        {
            return;
        }

        // Former programs do not send it, and one of them may lead until the level has risen.
        if (context.Request.ContentLength is null
            && await replica.AskAsync(static r => r.Machine.FeatureLevel) >= FeatureLevels.Bounds)
        {
            await RefuseAsync(context, StatusCodes.Status411LengthRequired, "How long is it?");
            return;
        }

        Unbound(context);
        using var stopping = replica.Link(context.RequestAborted);
        try
        {
            if (await TakeSnapshotAsync(context, replica, peer, to, time, stopping.Token) is { } refusal)
            {
                await RefuseAsync(context, refusal.Status, refusal.Reason);
            }
        }
        catch (Exception e) when (e is FeatureLevelException or StorageFailedException)
        {
            // This program is too old for its cluster, or the disk fails: nothing that comes later can change that.
            fatal.Stop(e);
        }
        catch (WireFormatException e)
        {
            violations.Notice(peer, e.Message);
            await RefuseAsync(context, StatusCodes.Status400BadRequest, e.Message);
        }
        catch (StorageFullException e)
        {
            await RefuseAsync(context, StatusCodes.Status507InsufficientStorage, e.Message);
        }
        catch (StorageException e)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, e.Message);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The peer went away, or we do; no client waits for an answer.
        }
    }

    /// <returns>Why it is not taken; null: it is.</returns>
    private static async Task<PeerRefusal?> TakeSnapshotAsync(
        HttpContext context,
        ReplicaHost replica,
        PeerIdentity peer,
        NodeId to,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var body = context.Request.BodyReader;
        var (announcement, isStalled) = await ReadAnnouncementAsync(body, time, cancellationToken);
        if (isStalled)
        {
            return PeerRefusal.Stalled;
        }

        if (announcement is null || RaftMessageCodec.ReadFrom(peer.Node, to, announcement) is not SnapshotRequest request)
        {
            throw new WireFormatException("Not a snapshot.");
        }

        return await replica.JudgeAsync(request, peer) is var result and not StepResult.Taken
            ? PeerRefusal.Of(result)
            : await replica.Transfers.ReceiveAsync(
                request, context.Request.ContentLength - sizeof(int) - announcement.Length, body, replica, peer, cancellationToken);
    }

    private static async Task<(byte[]? Announcement, bool IsStalled)> ReadAnnouncementAsync(
        PipeReader body, TimeProvider time, CancellationToken cancellationToken)
    {
        using var pace = new UploadPace(time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, pace.Stalled);
        try
        {
            return (await FrameReader.ReadOneAsync(body, AnnouncementBytesMax, either.Token), false);
        }
        catch (OperationCanceledException) when (pace.Stalled.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return (null, true);
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

    /// <summary>Null: it is not admitted, and has got the reason.</summary>
    private static async Task<(PeerIdentity Peer, NodeId To)?> AdmitAsync(HttpContext context, ReplicaHost replica)
    {
        if (PeerIdentity.Read(context.Request.Query) is not var (peer, to))
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "The caller's identity is missing.");
            return null;
        }

        if (replica.Admit(peer, to) is { } refusal)
        {
            if (refusal.ProofAt is { } address)
            {
                replica.BeginProof(peer, address);
            }

            await RefuseAsync(context, refusal.Status, refusal.Reason);
            return null;
        }

        return (peer, to);
    }

    private static Task RefuseAsync(HttpContext context, int status, string problem)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(problem, context.RequestAborted);
    }
}
