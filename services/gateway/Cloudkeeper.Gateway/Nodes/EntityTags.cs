using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Protocol;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Cloudkeeper.Gateway.Nodes;

/// <summary>Entity tags (RFC 9110, 8.8.3): ours are modified revisions in quotes, and always strong.</summary>
internal static class EntityTags
{
    /// <summary>A strong tag of ours, spelled as we spell it.</summary>
    public static bool TryParseRevision(ReadOnlySpan<char> tag, out Revision revision)
    {
        revision = Revision.Zero;
        if (tag is not ['"', .. var digits, '"'] || !IntegerText.TryParse(digits, out var value) || value < 0
            || (digits.Length > 1 && digits[0] == '0'))
        {
            return false;
        }

        revision = new Revision(value);
        return true;
    }

    /// <summary>Whether <c>If-None-Match</c> names this revision: by weak comparison. Tags of others never match.</summary>
    /// <exception cref="ProblemException"><c>invalid-condition</c>: no list of entity tags.</exception>
    public static bool MatchesWeakly(StringValues header, Revision modified) => Matches(header, modified, takesWeak: true);

    /// <summary>Whether <c>If-Match</c> names this revision: a tag that is marked as weak names nothing.</summary>
    /// <exception cref="ProblemException"><c>invalid-condition</c>: no list of entity tags.</exception>
    public static bool MatchesStrongly(StringValues header, Revision modified) => Matches(header, modified, takesWeak: false);

    /// <summary>The revisions that <c>If-Match</c> names by strong tags of ours; null: any (<c>*</c>).</summary>
    /// <exception cref="ProblemException"><c>invalid-condition</c>: no list of entity tags.</exception>
    public static IReadOnlyList<Revision>? RevisionsOf(StringValues ifMatch)
    {
        if (ifMatch is [{ } only] && TryParseRevision(only, out var single))
        {
            return [single];
        }

        var tags = Parse(ifMatch);
        if (IsAny(tags))
        {
            return null;
        }

        var revisions = new List<Revision>();
        foreach (var tag in tags)
        {
            if (!tag.IsWeak && TryParseRevision(tag.Tag.AsSpan(), out var revision))
            {
                revisions.Add(revision);
            }
        }

        return revisions;
    }

    private static bool Matches(StringValues header, Revision modified, bool takesWeak)
    {
        if (header is [{ } only] && TryParseRevision(only, out var single))
        {
            return single == modified;
        }

        var tags = Parse(header);
        return IsAny(tags) || tags.Any(tag =>
            (takesWeak || !tag.IsWeak) && TryParseRevision(tag.Tag.AsSpan(), out var revision) && revision == modified);
    }

    private static bool IsAny(IList<EntityTagHeaderValue> tags) => tags.Count == 1 && tags[0].Equals(EntityTagHeaderValue.Any);

    private static IList<EntityTagHeaderValue> Parse(StringValues header) =>
        EntityTagHeaderValue.TryParseStrictList(header, out var tags) && tags.Count > 0
        && (tags.Count == 1 || !tags.Contains(EntityTagHeaderValue.Any))
            ? tags
            : throw new ProblemException(
                ErrorKinds.InvalidCondition, "If-Match and If-None-Match are * or a list of entity tags.");
}
