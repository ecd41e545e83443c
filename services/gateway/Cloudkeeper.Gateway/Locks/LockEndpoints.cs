using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.OpenApi;
using Cloudkeeper.Gateway.Serving;
using static Cloudkeeper.Gateway.OpenApi.CommonParameters;
using static Cloudkeeper.Gateway.OpenApi.ParameterDescription;

namespace Cloudkeeper.Gateway.Locks;

/// <summary>The routes of <c>/v1/locks</c> and <c>/v1/tickets</c>.</summary>
internal static class LockEndpoints
{
    private const string Group = "Locks";
    private const string LockRoute = "/v1/locks/{**path}";
    private const string TicketRoute = "/v1/tickets/{ticket}";

    private static readonly ParameterDescription Ticket = Path("ticket", "The ticket's number.");

    public static void MapLocks(this IEndpointRouteBuilder endpoints)
    {
        var handlers = endpoints.ServiceProvider.GetRequiredService<LockHandlers>();
        endpoints.MapPost(LockRoute, handlers.AcquireAsync).Describe(handlers.AcquireAsync, Acquire);
        endpoints.MapRead(LockRoute, handlers.GetLockAsync).Describe(handlers.GetLockAsync, GetLock);
        endpoints.MapRead(TicketRoute, handlers.GetTicketAsync).Describe(handlers.GetTicketAsync, GetTicket);
        endpoints.MapDelete(TicketRoute, handlers.ReleaseAsync).Describe(handlers.ReleaseAsync, Release);
    }

    private static RouteDescription Acquire => new(Group, "Take a place in the queue of a lock, and wait until it is held.")
    {
        Parameters = [TreePath, .. Changing],
        Body = typeof(AcquireLockBody),
        Answers =
        [
            new(200, "Held.", typeof(Answers.Ticket)),
            new(202, "Still waiting; the place is kept.", typeof(Answers.Ticket)),
        ],
        Problems =
        [
            ErrorKinds.InvalidPath, ErrorKinds.InvalidBody, ErrorKinds.InvalidParameter, ErrorKinds.InvalidFence,
            ErrorKinds.InvalidIdempotencyKey, ErrorKinds.InvalidOperation, ErrorKinds.SessionNotFound,
            ErrorKinds.TicketNotFound, ErrorKinds.EphemeralParent, ErrorKinds.TooManyEphemerals,
            ErrorKinds.TooManyNodes, ErrorKinds.LockHeld, ErrorKinds.TicketExists,
            ErrorKinds.SessionExpired, ErrorKinds.FenceLost, ErrorKinds.BodyTooLarge, ErrorKinds.UnsupportedMediaType,
            ErrorKinds.IdempotencyKeyReuse, ErrorKinds.OutcomeUnknown, ErrorKinds.StorageFull,
        ],
    };

    private static RouteDescription GetLock => new(Group, "Who holds a lock, and who waits for it.")
    {
        Parameters =
        [
            TreePath,
            Query("limit", "Tickets on one page, 1 to 10000, default 10000."),
            Query("cursor", "Where the next page begins, as the page before said."),
            .. Reading,
        ],
        Answers = [new(200, "Empty if it was never used.", typeof(Answers.Lock))],
        Problems =
        [
            ErrorKinds.InvalidPath, ErrorKinds.InvalidParameter, ErrorKinds.InvalidRevision,
            ErrorKinds.RevisionNotReached,
        ],
    };

    private static RouteDescription GetTicket => new(Group, "How a ticket stands; waits until it is held.")
    {
        Parameters =
        [
            Ticket,
            Query("wait", "At most this long, up to 60s."),
            Query("session", "Kept alive while the request waits.") with { Only = Waiting },
        ],
        Answers = [new(200, "Held or waiting.", typeof(Answers.Ticket))],
        Problems =
        [
            ErrorKinds.InvalidParameter, ErrorKinds.TicketNotFound, ErrorKinds.SessionNotFound,
            ErrorKinds.SessionExpired,
        ],
    };

    private static RouteDescription Release => new(Group, "Release a ticket, or give up its place.")
    {
        Parameters = [Ticket, .. Changing],
        Answers = [new(204, "Released.")],
        Problems =
        [
            ErrorKinds.InvalidFence, ErrorKinds.InvalidIdempotencyKey, ErrorKinds.TicketNotFound, ErrorKinds.FenceLost,
            ErrorKinds.IdempotencyKeyReuse, ErrorKinds.OutcomeUnknown, ErrorKinds.StorageFull,
        ],
    };
}
