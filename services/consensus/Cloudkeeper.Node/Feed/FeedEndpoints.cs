using System.Globalization;
using System.IO.Pipelines;
using Cloudkeeper.Hosting.Memory;
using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Node.Metrics;
using Cloudkeeper.Protocol;
using Cloudkeeper.Replica.Feed;
using Microsoft.AspNetCore.Http.Features;

namespace Cloudkeeper.Node.Feed;

/// <summary>The change feed for gateways.</summary>
internal static class FeedEndpoints
{
    /// <summary>About so many bytes are handed to the connection at a time, however many wait.</summary>
    private const int FlushBytes = 1 << 20;

    public static void MapFeed(this IEndpointRouteBuilder routes) => routes.MapReplica().MapGet(NodeRoutes.Feed, HandleAsync);

    private static async Task HandleAsync(
        HttpContext context, ReplicaHost replica, FeedHub hub, FeedPlaces places, MemoryBudget memory, NodeMetrics metrics)
    {
        if (!TryReadNumber(context.Request.Query["from"], out var from)
            || !TryReadNumber(context.Request.Query["recent"], out var recent))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        if (!places.TryEnter())
        {
            context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            return;
        }

        try
        {
            var reader = new FeedReader(replica, hub, new FeedStream(metrics.FeedOverflowed), places, memory);
            await StreamAsync(context, replica, reader, from is { } revision ? new Revision(revision) : null, recent ?? 0);
        }
        finally
        {
            places.Leave();
        }
    }

    private static async Task StreamAsync(
        HttpContext context, ReplicaHost replica, FeedReader reader, Revision? from, long recent)
    {
        context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
        context.Response.ContentType = "application/octet-stream";
        using var stopping = replica.Link(context.RequestAborted);
        try
        {
            if (await reader.CatchUpAsync(from, recent, context.Response.BodyWriter, stopping.Token))
            {
                await FollowAsync(reader.Stream, context.Response.BodyWriter, stopping.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The gateway went away, or we do: it goes on elsewhere from its last revision.
        }
        finally
        {
            await reader.EndAsync();
        }
    }

    private static async Task FollowAsync(FeedStream stream, PipeWriter output, CancellationToken cancellationToken)
    {
        while (await stream.WaitAsync(cancellationToken))
        {
            var unsent = 0L;
            while (stream.TryTake(out var parcel))
            {
                for (var i = 0; parcel.TryGet(i, out var piece); i++)
                {
                    Append(output, piece.Span);
                    unsent += piece.Length;
                    if (unsent >= FlushBytes)
                    {
                        await output.FlushAsync(cancellationToken);
                        unsent = 0;
                    }
                }
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
