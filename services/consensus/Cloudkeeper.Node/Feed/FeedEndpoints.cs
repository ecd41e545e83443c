using System.Globalization;
using System.IO.Pipelines;
using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Node.Metrics;
using Cloudkeeper.Protocol;
using Microsoft.AspNetCore.Http.Features;

namespace Cloudkeeper.Node.Feed;

/// <summary>The change feed for gateways.</summary>
internal static class FeedEndpoints
{
    public static void MapFeed(this IEndpointRouteBuilder routes) => routes.MapGet(NodeRoutes.Feed, StreamAsync);

    private static async Task StreamAsync(HttpContext context, ReplicaHost replica, FeedHub hub, NodeMetrics metrics)
    {
        if (!TryReadFrom(context.Request.Query["from"], out var asked))
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
            var from = asked ?? await replica.AskAsync(r => r.Machine.Revision);
            if (await CatchUpAsync(replica, hub, stream, from, context.Response.BodyWriter, stopping.Token))
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
        Revision from,
        PipeWriter output,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            var next = from;
            var part = await replica.AskAsync(r => hub.Read(r.Machine, next, stream));
            await output.WriteAsync(part.Frames, cancellationToken);
            if (part.IsLive || part.IsLast)
            {
                return part.IsLive;
            }

            from = part.Next;
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

    private static bool TryReadFrom(string? text, out Revision? from)
    {
        from = null;
        if (text is null)
        {
            return true;
        }

        var isNumber = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value);
        from = new Revision(value);
        return isNumber && value <= Revision.ValueMax;
    }
}
