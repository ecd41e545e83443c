using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.OpenApi;
using Cloudkeeper.Gateway.Serving;
using static Cloudkeeper.Gateway.OpenApi.CommonParameters;
using static Cloudkeeper.Gateway.OpenApi.ParameterDescription;

namespace Cloudkeeper.Gateway.Sessions;

/// <summary>The routes of <c>/v1/sessions</c>.</summary>
internal static class SessionEndpoints
{
    public const string Route = "/v1/sessions";

    private const string Group = "Sessions";

    private static readonly ParameterDescription Id = Path("id", "The session's id.");

    public static void MapSessions(this IEndpointRouteBuilder endpoints)
    {
        var handlers = endpoints.ServiceProvider.GetRequiredService<SessionHandlers>();
        endpoints.MapPost(Route, handlers.OpenAsync).Describe(handlers.OpenAsync, Open);
        endpoints.MapRead(Route, handlers.ListAsync).Describe(handlers.ListAsync, List);
        endpoints.MapRead(Route + "/{id}", handlers.GetAsync).Describe(handlers.GetAsync, Get);
        endpoints.MapDelete(Route + "/{id}", handlers.CloseAsync).Describe(handlers.CloseAsync, Close);
        endpoints.MapPost(Route + "/{id}/keepalive", handlers.KeepAliveAsync).Describe(handlers.KeepAliveAsync, KeepAlive);
        endpoints.MapPost(Route + "/keepalive", handlers.KeepAllAliveAsync).Describe(handlers.KeepAllAliveAsync, KeepAllAlive);
    }

    private static RouteDescription Open => new(Group, "Open a session.")
    {
        Parameters = Changing,
        Body = typeof(OpenSessionBody),
        Answers = [new(201, "Opened.", typeof(Answers.Session))],
        Problems =
        [
            ErrorKinds.InvalidBody, ErrorKinds.InvalidParameter, ErrorKinds.InvalidFence,
            ErrorKinds.InvalidIdempotencyKey, ErrorKinds.FenceLost, ErrorKinds.BodyTooLarge,
            ErrorKinds.UnsupportedMediaType, ErrorKinds.IdempotencyKeyReuse, ErrorKinds.OutcomeUnknown,
            ErrorKinds.StorageFull,
        ],
    };

    private static RouteDescription List => new(Group, "List the sessions.")
    {
        Parameters =
        [
            Query("limit", "Sessions on one page, 1 to 10000, default 1000."),
            Query("cursor", "Where the next page begins, as the page before said."),
            .. Reading,
        ],
        Answers = [new(200, "One page of them.", typeof(Answers.SessionPage))],
        Problems = [ErrorKinds.InvalidParameter, ErrorKinds.InvalidRevision, ErrorKinds.RevisionNotReached],
    };

    private static RouteDescription Get => new(Group, "Read a session and the paths of its ephemeral nodes.")
    {
        Parameters =
        [
            Id,
            Query("limit", "Ephemeral nodes on one page, 1 to 10000, default 10000."),
            Query("cursor", "Where the next page begins, as the page before said."),
            .. Reading,
        ],
        Answers = [new(200, "It lives.", typeof(Answers.Session))],
        Problems =
        [
            ErrorKinds.InvalidParameter, ErrorKinds.InvalidRevision, ErrorKinds.SessionNotFound,
            ErrorKinds.SessionExpired, ErrorKinds.RevisionNotReached,
        ],
    };

    private static RouteDescription Close => new(Group, "End a session; its ephemeral nodes and tickets go with it.")
    {
        Parameters = [Id, .. Changing],
        Answers = [new(204, "Ended.")],
        Problems =
        [
            ErrorKinds.InvalidFence, ErrorKinds.InvalidIdempotencyKey, ErrorKinds.SessionNotFound,
            ErrorKinds.SessionExpired, ErrorKinds.FenceLost, ErrorKinds.IdempotencyKeyReuse, ErrorKinds.OutcomeUnknown,
            ErrorKinds.StorageFull,
        ],
    };

    private static RouteDescription KeepAlive => new(Group, "Keep a session alive.")
    {
        Parameters = [Id],
        Answers = [new(200, "The leader has counted it.", typeof(Answers.Keepalive))],
        Problems = [ErrorKinds.SessionNotFound, ErrorKinds.SessionExpired],
    };

    private static RouteDescription KeepAllAlive => new(Group, "Keep many sessions alive at once.")
    {
        Body = typeof(KeepaliveBody),
        Answers = [new(200, "What became of each.", typeof(Answers.KeepaliveResults))],
        Problems = [ErrorKinds.InvalidBody, ErrorKinds.BodyTooLarge, ErrorKinds.UnsupportedMediaType],
    };
}
