using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Protocol;
using Microsoft.Extensions.Primitives;

namespace Cloudkeeper.Gateway.Nodes;

/// <summary>The conditions of a mutation of one node.</summary>
/// <param name="MustNotExist"><c>If-None-Match: *</c>.</param>
/// <param name="Revision"><c>If-Match: "n"</c>.</param>
/// <param name="Version"><c>version=n</c>, -1 for any; <c>If-Match: *</c> is -1 as well.</param>
internal readonly record struct NodeConditions(bool MustNotExist, Revision? Revision, int? Version)
{
    private const int AnyVersion = -1;

    /// <summary>Whether the node has to exist.</summary>
    public bool MustExist => Revision is not null || Version is not null;

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
        var (revision, any) = MatchOf(headers.IfMatch);
        if (mustNotExist && (any || revision is not null || version is not null))
        {
            throw Invalid("If-None-Match: * contradicts If-Match and version.");
        }

        return new NodeConditions(mustNotExist, revision, version ?? (any ? AnyVersion : null));
    }

    private static bool HasNoOther(IHeaderDictionary headers) =>
        headers.IfModifiedSince.Count == 0 && headers.IfUnmodifiedSince.Count == 0 && headers.IfRange.Count == 0;

    private static bool MustNotExistOf(StringValues ifNoneMatch) => ifNoneMatch switch
    {
        [] => false,
        ["*"] => true,
        _ => throw Invalid("A mutation takes If-None-Match only as *."),
    };

    private static (Revision? Revision, bool Any) MatchOf(StringValues ifMatch) => ifMatch switch
    {
        [] => (null, false),
        ["*"] => (null, true),
        [{ } tag] when EntityTags.TryParseRevision(tag, out var revision) => (revision, false),
        _ => throw Invalid("If-Match is * or one entity tag as GET returned it."),
    };

    private static ProblemException Invalid(string detail) => new(ErrorKinds.InvalidCondition, detail);
}
