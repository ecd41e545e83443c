using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Nodes;
using Cloudkeeper.Gateway.OpenApi;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Hosting.Logging;
using static Cloudkeeper.Gateway.OpenApi.ParameterDescription;

namespace Cloudkeeper.Gateway.Watches;

/// <summary><c>GET /v1/watch</c>.</summary>
internal sealed partial class WatchEndpoints(WatchServices services, WatchSlots slots, ILogger<WatchEndpoints> logger)
{
    private const string Route = "/v1/watch";

    public void Map(IEndpointRouteBuilder endpoints) =>
        endpoints.MapRead(Route, WatchAsync).Describe(WatchAsync, Description);

    public async Task WatchAsync(HttpContext context)
    {
        var request = WatchRequest.Of(context);
        var minRevision = ConsistencyChoice.MinRevisionOf(context.Request);
        slots.Enter(request.Interest.Session);
        try
        {
            using var stream = new WatchStream(services, request, new EventWriter(context, request.Format));
            try
            {
                await stream.RunAsync(minRevision);
            }
            catch (OperationCanceledException) when (IsGatewayGoing(context))
            {
                // The stream ends behind a whole transaction, and is resumed elsewhere.
                await stream.EndAsync();
            }
        }
        catch (OperationCanceledException e) when (e.CancellationToken == context.RequestAborted || IsAborted(context))
        {
            // The client has gone, or takes nothing.
        }
        catch (ProblemException e) when (context.Response.HasStarted)
        {
            LogEnded(logger, PlainText.Cut(e.Message));
        }
        finally
        {
            slots.Leave(request.Interest.Session);
        }
    }

    private static bool IsAborted(HttpContext context) => context.RequestAborted.IsCancellationRequested;

    private bool IsGatewayGoing(HttpContext context) =>
        services.StreamEnd.Token.IsCancellationRequested && !IsAborted(context);

    private static RouteDescription Description => new("Watch", "Follow the changes of nodes as a stream of events.")
    {
        IsStream = true,
        Parameters =
        [
            Query("path", "What to watch; may be repeated.") with { IsRequired = true, MayRepeat = true },
            Query("scope", "node (default), children or subtree."),
            Query("from", "Changes above this revision; default now, 0 is the beginning of history."),
            Query("initial", "true: first what is there now."),
            Query("values", "true: with the values."),
            Query("previous", "true: with what was there before."),
            Query("mode", "all (default), or latest: only the newest state of a path when the client is slow."),
            Query("onGap", "snapshot: where changes are lost, what is there instead of the end."),
            Query("session", "Kept alive while the stream is open; its end ends the stream."),
            Query("format", "ndjson: one JSON object a line; so does Accept: application/x-ndjson."),
            Header("Last-Event-ID", "Resumes behind this event; wins over from and initial."),
            Header(ResponseHeaders.MinRevision, "Without from: changes above at least this revision."),
        ],
        Answers = [new(200, "The events.", MediaType: "text/event-stream")],
        Problems =
        [
            ErrorKinds.InvalidParameter, ErrorKinds.InvalidPath, ErrorKinds.InvalidRevision, ErrorKinds.SessionNotFound,
            ErrorKinds.SessionExpired, ErrorKinds.RevisionCompacted, ErrorKinds.TooManyRequests,
        ],
    };

    [LoggerMessage(LogLevel.Warning, "A watch stream was ended: {Reason}")]
    private static partial void LogEnded(ILogger logger, string reason);
}
