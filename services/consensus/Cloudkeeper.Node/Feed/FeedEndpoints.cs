using System.Globalization;
using System.IO.Pipelines;
using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Node.Metrics;
using Cloudkeeper.Protocol;
using Cloudkeeper.Replica.Feed;
using Microsoft.AspNetCore.Http.Features;

namespace Cloudkeeper.Node.Feed;

/// <summary>The change feed for gateways.</summary>
internal static class FeedEndpoints
{
    public static void MapFeed(this IEndpointRouteBuilder routes) => routes.MapReplica().MapGet(NodeRoutes.Feed, StreamAsync);

    private static async Task StreamAsync(HttpContext context, ReplicaHost replica, FeedHub hub, NodeMetrics metrics)
    {
        if (!TryReadNumber(context.Request.Query["from"], out var from)
            || !TryReadNumber(context.Request.Query["recent"], out var recent))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
        context.Response.ContentType = "application/octet-stream";
        using var stopping = replica.Link(context.RequestAborted);
        var stream = new FeedStream(metrics.FeedOverflowed);
        try
        {
            var first = await replica.AskAsync(r => hub.Begin(
                r.Machine, replica.ClusterId, from is { } revision ? new Revision(revision) : null, recent ?? 0, stream));
            if (await CatchUpAsync(replica, hub, stream, first, context.Response.BodyWriter, stopping.Token))
            {
                await FollowAsync(stream, context.Response.BodyWriter, stopping.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The gateway went away, or we do: it goes on elsewhere from its last revision.
        }
        finally
        {
            await replica.AskAsync(_ =>
            {
                hub.Remove(stream);
                return true;
            });
        }
    }

    /// <summary>Sends history until there is no more; false: the stream ends.</summary>
    private static async Task<bool> CatchUpAsync(
        ReplicaHost replica,
        FeedHub hub,
        FeedStream stream,
        FeedPart part,
        PipeWriter output,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            await output.WriteAsync(part.Frames, cancellationToken);
            if (part.IsLive || part.IsLast)
            {
                return part.IsLive;
            }

            var next = part.Next;
            part = await replica.AskAsync(r => hub.Read(r.Machine, next, stream));
        }
    }

    private static async Task FollowAsync(FeedStream stream, PipeWriter output, CancellationToken cancellationToken)
    {
        while (await stream.WaitAsync(cancellationToken))
        {
            while (stream.TryTake(out var frames))
            {
                Append(output, frames.Span);
            }

            await output.FlushAsync(cancellationToken);
        }
    }

    private static void Append(PipeWriter output, ReadOnlySpan<byte> frames)
    {
        frames.CopyTo(output.GetSpan(frames.Length));
        output.Advance(frames.Length);
    }

    /// <summary>A revision or a count of them; null when it is not given.</summary>
    private static bool TryReadNumber(string? text, out long? number)
    {
        number = null;
        if (text is null)
        {
            return true;
        }

        var isNumber = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value);
        number = value;
        return isNumber && value <= Revision.ValueMax;
    }
}
