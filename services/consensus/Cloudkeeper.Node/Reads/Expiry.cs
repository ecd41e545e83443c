using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Replica;

namespace Cloudkeeper.Node.Reads;

/// <summary>When sessions expire, for results that contain them.</summary>
internal static class Expiry
{
    /// <summary>How long sessions have left is the leader's count, not part of the replicated state.</summary>
    public static ReadResult Add(ReplicaNode replica, ReadResult result) => result switch
    {
        ReadSessionResult { Session: { } session } r => r with
        {
            ExpiresInMilliseconds = replica.ExpiresIn(session.Id),
        },
        ReadSessionsResult r => r with
        {
            Sessions = [.. r.Sessions.Select(s => s with { ExpiresInMilliseconds = replica.ExpiresIn(s.Session.Id) })],
        },
        ReadTicketResult r => AddToTicket(replica, r),
        ReadLockResult r => r with { Tickets = [.. r.Tickets.Select(t => AddToTicket(replica, t))] },
        _ => result,
    };

    private static ReadTicketResult AddToTicket(ReplicaNode replica, ReadTicketResult result) =>
        result.Ticket is { } ticket
            ? result with { ExpiresInMilliseconds = replica.ExpiresIn(ticket.Session) }
            : result;
}
