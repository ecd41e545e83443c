using System.Buffers;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Hosting.Memory;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Nodes;

/// <summary>GET and HEAD on nodes.</summary>
internal sealed class NodeReads(ConsistentReads reads, NodeWaits waits)
{
    public Task GetAsync(HttpContext context)
    {
        var query = RequestQuery.Of(context);
        var path = RequestTarget.TreePath(context);
        var consistency = ConsistencyChoice.Of(context, query);
        var wait = NodeWait.Of(query);
        return query.Word("view", "stat", "children", "subtree", "acl") switch
        {
            "stat" => GetStatAsync(context, path, consistency, wait),
            "children" => GetChildrenAsync(context, path, ChildrenPage.Of(query), consistency, wait),
            "subtree" or "acl" when wait is not null => throw RequestQuery.Invalid("wait", "is for a value, its stat or children"),
            "subtree" => GetSubtreeAsync(context, path, SubtreePage.Of(query, path), consistency),
            "acl" => GetAclAsync(context, path, consistency),
            _ => GetValueAsync(
                context, path, query.Word("format", "json") is not null, query.Boolean("inline"), consistency, wait),
        };
    }

    private async Task GetValueAsync(
        HttpContext context, string path, bool asJson, bool inline, ConsistencyChoice consistency, NodeWait? wait)
    {
        var withValue = asJson || !HttpMethods.IsHead(context.Request.Method);
        var request = new ReadNodeRequest(path, withValue);
        ServedRead answer;
        if (wait is null)
        {
            // The read that there is most of makes no detour.
            answer = await reads.ReadAsync(request, consistency, context.RequestAborted);
            Describe(context, answer);
        }
        else if (await ReadAsync(context, request, path, consistency, wait) is { } newer)
        {
            answer = newer;
        }
        else
        {
            return;
        }

        var node = (ReadNodeResult)answer.Result;
        if (node.Stat is not { } stat)
        {
            var isConditional = context.Request.Headers.IfMatch.Count > 0;
            RefuseAbsent(context, isConditional ? ErrorKinds.ConditionNodeNotFound : ErrorKinds.NodeNotFound, answer);
            return;
        }

        var response = context.Response;
        response.Headers.ETag = ResponseHeaders.EntityTag(stat.ModifiedRevision);
        response.Headers[ResponseHeaders.Version] = IntegerText.Format(stat.Version);
        if (IsNotModified(context, stat, answer.Revision))
        {
            return;
        }

        if (asJson)
        {
            await JsonAnswer.WriteAsync(context, node.Value.Length, (path, node, stat), static (parts, read) =>
                NodeJson.WriteEnvelopeAsync(parts, read.path, read.node.Value, read.node.ContentType, read.stat));
        }
        else
        {
            await WriteValueAsync(context, node, stat, inline);
        }
    }

    private async Task GetStatAsync(HttpContext context, string path, ConsistencyChoice consistency, NodeWait? wait)
    {
        var request = new ReadNodeRequest(path, WithValue: false);
        if (await ReadAsync(context, request, path, consistency, wait) is not { } answer)
        {
            return;
        }

        var node = (ReadNodeResult)answer.Result;
        if (node.Stat is not { } stat)
        {
            RefuseAbsent(context, ErrorKinds.NodeNotFound, answer);
            return;
        }

        JsonAnswer.Write(context, (path, node.ContentType, stat), static (json, read) =>
            NodeJson.WriteNode(json, read.path, read.ContentType, read.stat));
    }

    private async Task GetChildrenAsync(
        HttpContext context, string path, ChildrenPage page, ConsistencyChoice consistency, NodeWait? wait)
    {
        var request = new ReadChildrenRequest(path, page.After, page.Limit, page.WithValues);
        if (await ReadAsync(context, request, path, consistency, wait) is not { } answer)
        {
            return;
        }

        var children = (ReadChildrenResult)answer.Result;
        if (children.Stat is null)
        {
            RefuseAbsent(context, ErrorKinds.NodeNotFound, answer);
            return;
        }

        var held = AnswerMemory.Of(children.Children);
        await JsonAnswer.WriteAsync(context, held, (path, page, children, answer.Revision), static (parts, read) =>
            ChildrenPage.WriteAsync(parts, read.path, read.Revision, read.children, read.page.WithValues));
    }

    private async Task GetSubtreeAsync(
        HttpContext context, string path, SubtreePage page, ConsistencyChoice consistency)
    {
        var request = new ReadSubtreeRequest(path, page.After, page.DepthMax, page.Limit, page.WithValues);
        var answer = await reads.ReadAsync(request, consistency, context.RequestAborted);
        Describe(context, answer);
        var subtree = (ReadSubtreeResult)answer.Result;
        if (subtree.Code == ResultCode.NodeNotFound)
        {
            RefuseAbsent(context, ErrorKinds.NodeNotFound, answer);
            return;
        }

        var held = AnswerMemory.Of(subtree.Nodes);
        await JsonAnswer.WriteAsync(context, held, (path, page, subtree, answer.Revision), static (parts, read) =>
            SubtreePage.WriteAsync(parts, read.path, read.Revision, read.subtree, read.page.WithValues));
    }

    private async Task GetAclAsync(HttpContext context, string path, ConsistencyChoice consistency)
    {
        var answer = await reads.ReadAsync(
            new ReadNodeRequest(path, WithValue: false), consistency, context.RequestAborted);
        Describe(context, answer);
        if (((ReadNodeResult)answer.Result).Stat is not { } stat)
        {
            RefuseAbsent(context, ErrorKinds.NodeNotFound, answer);
            return;
        }

        JsonAnswer.Write(context, (path, stat), static (json, read) => NodeJson.WriteAcl(json, read.path, read.stat));
    }

    /// <returns>Null when the answer is that there is nothing new.</returns>
    private async ValueTask<ServedRead?> ReadAsync(
        HttpContext context, ReadRequest request, string path, ConsistencyChoice consistency, NodeWait? wait)
    {
        ServedRead answer;
        var isNewer = true;
        if (wait is { } patient)
        {
            (answer, isNewer) = await waits.WaitAsync(request, path, consistency, patient, context.RequestAborted);
        }
        else
        {
            answer = await reads.ReadAsync(request, consistency, context.RequestAborted);
        }

        Describe(context, answer);
        if (isNewer)
        {
            return answer;
        }

        context.Response.StatusCode = StatusCodes.Status304NotModified;
        if (answer.Result is ReadNodeResult { Stat: { } known })
        {
            context.Response.Headers.ETag = ResponseHeaders.EntityTag(known.ModifiedRevision);
        }

        return null;
    }

    private static void RefuseAbsent(HttpContext context, ErrorKind kind, ServedRead answer) =>
        ProblemWriter.Write(context, new Problem(kind, Revision: answer.Revision));

    private static void Describe(HttpContext context, ServedRead answer)
    {
        answer.Describe(context);
        context.Response.SetRevalidated();
    }

    /// <summary>
    /// Bytes as they were stored. Nothing in them is to be run by a browser: content that could be is offered as a
    /// file, and has no rights where it is shown all the same.
    /// </summary>
    /// <param name="inline">The client wants it shown.</param>
    private static ValueTask WriteValueAsync(HttpContext context, ReadNodeResult node, NodeStat stat, bool inline)
    {
        var response = context.Response;
        response.ContentType = node.ContentType;
        if (!inline && ActiveContent.IsMeant(node.ContentType))
        {
            response.Headers.ContentDisposition = "attachment";
        }

        response.ContentLength = stat.DataLength;
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return ValueTask.CompletedTask;
        }

        if (node.Value.Length <= MemoryBudget.SmallBytes)
        {
            response.BodyWriter.Write(node.Value.Span);
            return ValueTask.CompletedTask;
        }

        return WriteLargeAsync(context, node.Value);
    }

    private static async ValueTask WriteLargeAsync(HttpContext context, ReadOnlyMemory<byte> value)
    {
        using var lease = AnswerMemory.Hold(context, value.Length);
        await context.Response.BodyWriter.WriteAsync(value);
    }

    private static bool IsNotModified(HttpContext context, NodeStat stat, Revision revision)
    {
        var headers = context.Request.Headers;
        if (headers.IfMatch.Count > 0 && !EntityTags.MatchesStrongly(headers.IfMatch, stat.ModifiedRevision))
        {
            throw Mismatch(stat, revision);
        }

        if (headers.IfNoneMatch.Count == 0 || !EntityTags.MatchesWeakly(headers.IfNoneMatch, stat.ModifiedRevision))
        {
            return false;
        }

        context.Response.StatusCode = StatusCodes.Status304NotModified;
        return true;
    }

    private static ProblemException Mismatch(NodeStat stat, Revision revision) => new(new Problem(
        ErrorKinds.RevisionMismatch, Revision: revision, WriteMembers: json => NodeJson.WriteStat(json, stat)));
}
