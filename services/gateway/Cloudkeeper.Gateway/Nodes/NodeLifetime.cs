using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Nodes;

/// <summary>How long a node lives: at most one of a session, a TTL and a kind.</summary>
/// <param name="IsGiven">Whether the client named one; an existing node must then agree.</param>
internal readonly record struct NodeLifetime(NodeKind Kind, bool IsGiven, SessionId? Session, long TtlMilliseconds)
{
    /// <summary>ZooKeeper's bound (EphemeralType.TTL): 40 bits of milliseconds.</summary>
    public const long TtlMillisecondsMax = (1L << 40) - 1;

    public static readonly NodeLifetime Persistent = new(NodeKind.Persistent, false, null, 0);

    public static NodeLifetime Of(RequestQuery query)
    {
        if (query.IsEmpty)
        {
            return Persistent;
        }

        var session = query.Session("session");
        var ttl = query.Duration("ttl", 1, TtlMillisecondsMax);
        var isContainer = query.Word("kind", "container") is not null;
        return From(session, ttl, isContainer)
            ?? throw new ProblemException(ErrorKinds.InvalidParameter, "Give at most one of session, ttl and kind.");
    }

    /// <returns>Null when more than one is given.</returns>
    public static NodeLifetime? From(SessionId? session, long? ttl, bool isContainer) => (session, ttl, isContainer) switch
    {
        (null, null, false) => Persistent,
        ({ } owner, null, false) => new NodeLifetime(NodeKind.Ephemeral, true, owner, 0),
        (null, { } milliseconds, false) => new NodeLifetime(NodeKind.Ttl, true, null, milliseconds),
        (null, null, true) => new NodeLifetime(NodeKind.Container, true, null, 0),
        _ => null,
    };
}
