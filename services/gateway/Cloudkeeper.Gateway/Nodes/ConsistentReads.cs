using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Nodes;

/// <summary>Reads as fresh as their client wants them.</summary>
internal sealed class ConsistentReads(INodes nodes)
{
    public async ValueTask<ReadAnswer> ReadAsync(ReadRequest request, ConsistencyChoice choice)
    {
        var consistency = choice.Consistency == Consistency.Linearizable
            ? ReadConsistency.Linearizable
            : ReadConsistency.Local;
        var answer = await nodes.ReadAsync(request, consistency, choice.MinRevision);
        return answer.Revision >= choice.MinRevision
            ? answer
            : throw new ProblemException(new Problem(ErrorKinds.RevisionNotReached, Revision: answer.Revision));
    }

    /// <summary>Sets the headers that say how fresh the answer is.</summary>
    public static void Describe(HttpContext context, Revision revision, ConsistencyChoice choice)
    {
        context.Response.SetRevision(revision);
        context.Response.Headers[ResponseHeaders.Consistency] = choice.Name;
    }
}
