using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Nodes;

/// <summary>How fresh a read has to be.</summary>
/// <param name="MinRevision">From <c>Cloudkeeper-Min-Revision</c>; stale reads ignore it.</param>
internal readonly record struct ConsistencyChoice(Consistency Consistency, Revision MinRevision)
{
    private const long StaleMillisecondsMax = 3_600_000;

    public string Name => Consistency switch
    {
        Consistency.Linearizable => "linearizable",
        Consistency.Session => "session",
        _ => "stale",
    };

    /// <remarks>A bounded read is answered linearizably: nothing here proves that a copy is fresh enough.</remarks>
    public static ConsistencyChoice Of(HttpContext context, RequestQuery query)
    {
        var minRevision = MinRevisionOf(context.Request);
        if (query.IsEmpty)
        {
            return new ConsistencyChoice(Consistency.Linearizable, minRevision);
        }

        var word = query.Word("consistency", "linearizable", "session", "bounded", "stale");
        if (word == "bounded" && query.Duration("max_stale", 0, StaleMillisecondsMax) is null)
        {
            throw RequestQuery.Invalid("max_stale", "is needed for consistency=bounded");
        }

        return word switch
        {
            "session" => new ConsistencyChoice(Consistency.Session, minRevision),
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
}

internal enum Consistency
{
    /// <summary>Everything that was committed when the request arrived.</summary>
    Linearizable,

    /// <summary>At least what the client has seen, else whatever this gateway has.</summary>
    Session,

    /// <summary>Whatever this gateway has, even without a quorum.</summary>
    Stale,
}
