using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;
using Microsoft.Extensions.Primitives;

namespace Cloudkeeper.Gateway.Nodes;

/// <summary>The conditions of a mutation of one node.</summary>
/// <param name="MustNotExist"><c>If-None-Match: *</c>.</param>
/// <param name="Revisions"><c>If-Match</c>: one of these; null: any.</param>
/// <param name="Version"><c>version=n</c>, -1 for any; <c>If-Match: *</c> is -1 as well.</param>
internal readonly record struct NodeConditions(bool MustNotExist, IReadOnlyList<Revision>? Revisions, int? Version)
{
    private const int AnyVersion = -1;

    /// <summary>Of no node ever: where <c>If-Match</c> names only weak tags, or those of others (RFC 9110, 13.1.1).</summary>
    private static readonly Revision Never = new(Revision.ValueMax);

    /// <summary>Whether the node has to exist.</summary>
    public bool MustExist => Revisions is not null || Version is not null;

    /// <summary>
    /// The one revision that the node must have at the commit. Of several at most one is that of the node now, and its
    /// earlier revisions never come back: if it has none of them now, it never will.
    /// </summary>
    public async ValueTask<Revision?> RevisionAsync(INodes nodes, string path)
    {
        if (Revisions is not { Count: > 1 } several)
        {
            return Revisions is null ? null : Revisions is [var only] ? only : Never;
        }

        var request = new ReadNodeRequest(path, WithValue: false);
        var answer = await nodes.ReadAsync(request, ReadConsistency.Linearizable, Revision.Zero);
        var present = ((ReadNodeResult)answer.Result).Stat?.ModifiedRevision ?? Never;
        return several.Contains(present) ? present : Never;
    }

    /// <exception cref="ProblemException"><c>invalid-condition</c>, or <c>invalid-parameter</c> for the version.</exception>
    public static NodeConditions Of(HttpContext context, RequestQuery query)
    {
        var headers = context.Request.Headers;
        var version = query.Integer("version", AnyVersion, int.MaxValue);
        if (headers.IfMatch.Count == 0 && headers.IfNoneMatch.Count == 0 && HasNoOther(headers))
        {
            return new NodeConditions(false, null, version);
        }

        if (!HasNoOther(headers))
        {
            throw Invalid("Only If-Match and If-None-Match: * are conditions of a mutation.");
        }

        var mustNotExist = MustNotExistOf(headers.IfNoneMatch);
        var hasMatch = headers.IfMatch.Count > 0;
        if (mustNotExist && (hasMatch || version is not null))
        {
            throw Invalid("If-None-Match: * contradicts If-Match and version.");
        }

        var revisions = hasMatch ? EntityTags.RevisionsOf(headers.IfMatch) : null;
        return new NodeConditions(mustNotExist, revisions, version ?? (hasMatch && revisions is null ? AnyVersion : null));
    }

    private static bool HasNoOther(IHeaderDictionary headers) =>
        headers.IfModifiedSince.Count == 0 && headers.IfUnmodifiedSince.Count == 0 && headers.IfRange.Count == 0;

    private static bool MustNotExistOf(StringValues ifNoneMatch) => ifNoneMatch switch
    {
        [] => false,
        ["*"] => true,
        _ => throw Invalid("A mutation takes If-None-Match only as *."),
    };

    private static ProblemException Invalid(string detail) => new(ErrorKinds.InvalidCondition, detail);
}
