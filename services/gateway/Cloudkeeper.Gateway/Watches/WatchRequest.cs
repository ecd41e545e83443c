using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Watches;

/// <summary>What a client wants to watch.</summary>
/// <param name="From">Changes above it; null: from now on.</param>
/// <param name="Initial">The present state first.</param>
/// <param name="SnapshotOnGap">Where changes are lost: the present state instead of the end.</param>
internal sealed record WatchRequest(
    WatchInterest Interest,
    Revision? From,
    bool Initial,
    bool Values,
    bool Previous,
    bool SnapshotOnGap,
    EventFormat Format)
{
    private const int PathsMax = 100;

    /// <exception cref="ProblemException">Any of it is wrong.</exception>
    public static WatchRequest Of(HttpContext context)
    {
        var query = RequestQuery.Of(context);
        var lastEvent = LastEventOf(context.Request);
        var from = query.Revision("from");
        var initial = query.Boolean("initial");
        return new WatchRequest(
            new WatchInterest(
                TargetsOf(query), query.Session("session"), query.Word("mode", "all", "latest") == "latest"),
            lastEvent ?? from,
            initial && lastEvent is null,
            query.Boolean("values"),
            query.Boolean("previous"),
            query.Word("onGap", "snapshot") is not null,
            FormatOf(context.Request, query));
    }

    private static WatchTarget[] TargetsOf(RequestQuery query)
    {
        var scope = query.Word("scope", "node", "children", "subtree") switch
        {
            "children" => WatchScope.Children,
            "subtree" => WatchScope.Subtree,
            _ => WatchScope.Node,
        };
        var paths = query.Texts("path");
        if (paths.Count is 0 or > PathsMax)
        {
            throw RequestQuery.Invalid("path", $"is needed once, and at most {PathsMax} times");
        }

        return
        [
            .. paths.Distinct(StringComparer.Ordinal).Select(path => NodePath.Check(path) is { } fault
                ? throw new ProblemException(ErrorKinds.InvalidPath, fault)
                : new WatchTarget(path, scope)),
        ];
    }

    /// <summary>An empty one is none, by the standard of event streams.</summary>
    private static Revision? LastEventOf(HttpRequest request) => request.Headers["Last-Event-ID"] switch
    {
        [] or [""] => null,
        [{ } id] => IntegerText.ParseRevision(id),
        _ => throw new ProblemException(ErrorKinds.InvalidRevision),
    };

    private static EventFormat FormatOf(HttpRequest request, RequestQuery query) =>
        query.Word("format", "ndjson") switch
        {
            "ndjson" => EventFormat.LinesOfJson,
            null when request.Headers.Accept.ToString().Contains("application/x-ndjson", StringComparison.OrdinalIgnoreCase) =>
                EventFormat.LinesOfJson,
            _ => EventFormat.ServerSentEvents,
        };
}
