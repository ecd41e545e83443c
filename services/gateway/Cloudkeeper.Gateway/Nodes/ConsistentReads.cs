using System.Globalization;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Nodes;

/// <summary>Reads as fresh as their client wants them.</summary>
internal sealed class ConsistentReads(INodes nodes, ChangeRelay relay)
{
    /// <summary>How long a revision that a client has seen elsewhere may be on its way here.</summary>
    private static readonly TimeSpan RevisionWaitMax = TimeSpan.FromSeconds(5);

    public ValueTask<ReadAnswer> ReadAsync(
        ReadRequest request, ConsistencyChoice choice, CancellationToken cancellationToken) => choice.Consistency switch
        {
            Consistency.Linearizable => ReadLinearizableAsync(request, choice.MinRevision, cancellationToken),
            Consistency.Session => ReadSessionAsync(request, choice.MinRevision, cancellationToken),
            _ => nodes.ReadAsync(request, ReadConsistency.Local, Revision.Zero),
        };

    /// <summary>Sets the headers that say how fresh the answer is.</summary>
    public void Describe(HttpContext context, Revision revision, ConsistencyChoice choice)
    {
        context.Response.SetRevision(revision);
        context.Response.Headers[ResponseHeaders.Consistency] = choice.Name;
        if (choice.Consistency != Consistency.Linearizable)
        {
            context.Response.Headers[ResponseHeaders.Staleness] =
                ((long)relay.Age.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Reflects every acknowledged revision by itself; one that it does not reflect was never acknowledged.</summary>
    private async ValueTask<ReadAnswer> ReadLinearizableAsync(
        ReadRequest request, Revision minRevision, CancellationToken cancellationToken)
    {
        var answer = await nodes.ReadAsync(request, ReadConsistency.Linearizable, Revision.Zero);
        if (answer.Revision >= minRevision)
        {
            return answer;
        }

        await WaitForAsync(minRevision, cancellationToken);
        return await nodes.ReadAsync(request, ReadConsistency.Linearizable, Revision.Zero);
    }

    /// <summary>Never behind what this gateway has told by its watches.</summary>
    private async ValueTask<ReadAnswer> ReadSessionAsync(
        ReadRequest request, Revision minRevision, CancellationToken cancellationToken)
    {
        if (minRevision > relay.Revision)
        {
            await WaitForAsync(minRevision, cancellationToken);
        }

        return await nodes.ReadAsync(request, ReadConsistency.Local, relay.Revision);
    }

    private async ValueTask WaitForAsync(Revision revision, CancellationToken cancellationToken)
    {
        if (!await relay.WaitForAsync(revision, RevisionWaitMax, cancellationToken))
        {
            throw new ProblemException(new Problem(ErrorKinds.RevisionNotReached, Revision: relay.Revision));
        }
    }
}
