using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Nodes;

/// <summary>The end of a long poll: a state newer than one that its client knows.</summary>
/// <param name="Patience">At most this long.</param>
/// <param name="After">Null: newer than the one at the beginning.</param>
/// <param name="Session">Kept alive meanwhile.</param>
internal readonly record struct NodeWait(TimeSpan Patience, Revision? After, SessionId? Session)
{
    private const long MillisecondsMax = 60_000;

    /// <returns>Null: the client wants the present state, without a wait.</returns>
    public static NodeWait? Of(RequestQuery query)
    {
        if (query.IsEmpty)
        {
            return null;
        }

        var wait = query.Duration("wait", 0, MillisecondsMax);
        var after = query.Revision("after");
        return wait is null && after is null
            ? null
            : new NodeWait(TimeSpan.FromMilliseconds(wait ?? 0), after, query.Session("session"));
    }
}
