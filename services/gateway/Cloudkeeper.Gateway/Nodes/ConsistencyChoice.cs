using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Nodes;

/// <summary>How fresh a read has to be.</summary>
/// <param name="MinRevision">From <c>Cloudkeeper-Min-Revision</c>; stale reads ignore it.</param>
/// <param name="MaxStaleness">Of a bounded read: how old a copy may be.</param>
internal readonly record struct ConsistencyChoice(
    Consistency Consistency, Revision MinRevision, TimeSpan MaxStaleness = default)
{
    private const long StaleMillisecondsMax = 3_600_000;

    public static ConsistencyChoice Of(HttpContext context, RequestQuery query)
    {
        var minRevision = MinRevisionOf(context.Request);
        if (query.IsEmpty)
        {
            return new ConsistencyChoice(Consistency.Linearizable, minRevision);
        }

        return query.Word("consistency", "linearizable", "session", "bounded", "stale") switch
        {
            "session" => new ConsistencyChoice(Consistency.Session, minRevision),
            "bounded" => new ConsistencyChoice(Consistency.Bounded, minRevision, MaxStalenessOf(query)),
            "stale" => new ConsistencyChoice(Consistency.Stale, Revision.Zero),
            _ => new ConsistencyChoice(Consistency.Linearizable, minRevision),
        };
    }

    public static Revision MinRevisionOf(HttpRequest request) => request.Headers[ResponseHeaders.MinRevision] switch
    {
        [] => Revision.Zero,
        [{ } text] => IntegerText.ParseRevision(text),
        _ => throw new ProblemException(ErrorKinds.InvalidRevision),
    };

    private static TimeSpan MaxStalenessOf(RequestQuery query) =>
        query.Duration("max_stale", 0, StaleMillisecondsMax) is { } milliseconds
            ? TimeSpan.FromMilliseconds(milliseconds)
            : throw RequestQuery.Invalid("max_stale", "is needed for consistency=bounded");
}

internal enum Consistency
{
    /// <summary>All that was committed when the request arrived.</summary>
    Linearizable,

    /// <summary>At least the newest revision that the client knows, else the state of this gateway.</summary>
    Session,

    /// <summary>A copy that is proved to be so fresh, else linearizable.</summary>
    Bounded,

    /// <summary>The state of this gateway, even without a quorum.</summary>
    Stale,
}
