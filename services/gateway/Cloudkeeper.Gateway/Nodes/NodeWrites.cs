using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;

namespace Cloudkeeper.Gateway.Nodes;

/// <summary>PUT, POST and DELETE on nodes.</summary>
internal sealed class NodeWrites(INodes nodes, Mutations mutations, BodyReader bodies)
{
    /// <summary>curl's default for a body: never meant as a content type.</summary>
    private const string Form = "application/x-www-form-urlencoded";

    public async Task PutAsync(HttpContext context)
    {
        var query = RequestQuery.Of(context);
        var path = RequestTarget.TreePath(context);
        var conditions = NodeConditions.Of(context, query);
        var lifetime = NodeLifetime.Of(query);
        var parents = query.Boolean("parents");
        var contentType = ContentTypeOf(context.Request);
        using var body = await bodies.ReadAsync(context, Limits.ValueBytesMax, ErrorKinds.ValueTooLarge);
        BodyDigests.Verify(context.Request, body.Memory.Span);
        var operation = new WriteOperation(
            path, body.Memory, contentType, conditions.MustNotExist ? WriteMode.Create : WriteMode.Put, lifetime.Kind,
            lifetime.IsGiven, lifetime.Session, lifetime.TtlMilliseconds, parents,
            await conditions.RevisionAsync(nodes, path), conditions.Version);
        var result = await mutations.ExecuteAsync(
            context, new MutationCommand(operation), body.Memory, lifetime.Session);
        AnswerWritten(context, result, conditions.MustExist);
    }

    public async Task PostAsync(HttpContext context)
    {
        var query = RequestQuery.Of(context);
        var parent = RequestTarget.TreePath(context);
        var prefix = query.Text("prefix") ?? "";
        CheckPrefix(parent, prefix);
        var lifetime = NodeLifetime.Of(query);
        var parents = query.Boolean("parents");
        var contentType = ContentTypeOf(context.Request);
        using var body = await bodies.ReadAsync(context, Limits.ValueBytesMax, ErrorKinds.ValueTooLarge);
        BodyDigests.Verify(context.Request, body.Memory.Span);
        var operation = new CreateSequentialOperation(
            parent, prefix, body.Memory, contentType, lifetime.Kind, lifetime.Session, lifetime.TtlMilliseconds, parents);
        var result = await mutations.ExecuteAsync(
            context, new MutationCommand(operation), body.Memory, lifetime.Session);
        AnswerWritten(context, result, conditional: false);
    }

    public async Task DeleteAsync(HttpContext context)
    {
        var query = RequestQuery.Of(context);
        var path = RequestTarget.TreePath(context);
        var conditions = NodeConditions.Of(context, query);
        if (conditions.MustNotExist)
        {
            throw new ProblemException(ErrorKinds.InvalidCondition, "What must not exist cannot be deleted.");
        }

        if (path == NodePath.Root)
        {
            throw new ProblemException(ErrorKinds.InvalidOperation, "The root cannot be deleted.");
        }

        var operation = new DeleteOperation(
            path, query.Boolean("recursive"), await conditions.RevisionAsync(nodes, path), conditions.Version);
        var result = await mutations.ExecuteAsync(context, new MutationCommand(operation), default, session: null);
        Mutations.Describe(context, result);
        if (result.Code == ResultCode.Ok)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        else
        {
            Mutations.Refuse(context, result, conditions.MustExist);
        }
    }

    /// <summary>The number that is put behind the prefix has ten digits and maybe a sign.</summary>
    public static void CheckPrefix(string parent, string prefix)
    {
        if (prefix.Contains('/', StringComparison.Ordinal))
        {
            throw RequestQuery.Invalid("prefix", "has no '/'");
        }

        if (NodePath.Check(NodePath.Join(parent, prefix + "-2147483648")) is { } fault)
        {
            throw new ProblemException(ErrorKinds.InvalidPath, fault);
        }
    }

    /// <summary>Whether it can be sent back as a header.</summary>
    public static bool IsContentType(string text) =>
        text.Length is > 0 and <= Limits.ContentTypeCharsMax && !text.AsSpan().ContainsAnyExceptInRange(' ', '~');

    private static void AnswerWritten(HttpContext context, CommandResult result, bool conditional)
    {
        Mutations.Describe(context, result);
        if (result.Code != ResultCode.Ok)
        {
            Mutations.Refuse(context, result, conditional);
            return;
        }

        var node = (NodeResult)result.Body!;
        var stat = node.Stat!.Value;
        if (node.Created)
        {
            context.Response.StatusCode = StatusCodes.Status201Created;
            context.Response.Headers.Location = NodeLocation.Of(node.Path);
        }

        // Of the value, which is kept as it came: good for the next If-Match.
        context.Response.Headers.ETag = ResponseHeaders.EntityTag(stat.ModifiedRevision);
        JsonAnswer.Write(context, (node, stat), static (json, written) =>
            NodeJson.WriteNode(json, written.node.Path, written.node.ContentType, written.stat));
    }

    private static string ContentTypeOf(HttpRequest request)
    {
        var given = request.ContentType;
        if (string.IsNullOrEmpty(given) || given.StartsWith(Form, StringComparison.OrdinalIgnoreCase))
        {
            return JsonMembers.OctetStream;
        }

        return IsContentType(given)
            ? given
            : throw new ProblemException(
                ErrorKinds.UnsupportedMediaType,
                $"A content type has at most {Limits.ContentTypeCharsMax} printable ASCII characters.");
    }
}
