using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Protocol;
using Microsoft.Extensions.Primitives;

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

    private static bool Matches(StringValues header, Revision modified, bool takesWeak)
    {
        var matches = false;
        foreach (var line in header)
        {
            if (line.AsSpan().Trim() is "*")
            {
                return true;
            }

            var rest = line.AsSpan().Trim();
            while (rest.Length > 0)
            {
                var tag = TakeTag(ref rest, out var isWeak);
                matches |= (takesWeak || !isWeak) && TryParseRevision(tag, out var revision) && revision == modified;
            }
        }

        return matches;
    }

    /// <summary>Cuts the first tag off a list, without its weakness mark.</summary>
    private static ReadOnlySpan<char> TakeTag(ref ReadOnlySpan<char> list, out bool isWeak)
    {
        isWeak = list.StartsWith("W/", StringComparison.Ordinal);
        var start = isWeak ? 2 : 0;
        var length = list.Length > start && list[start] == '"' ? list[(start + 1)..].IndexOf('"') : -1;
        if (length < 0)
        {
            throw NotATagList;
        }

        var tag = list.Slice(start, length + 2);
        list = list[(start + length + 2)..].TrimStart();
        if (list.Length > 0)
        {
            list = list[0] == ',' ? list[1..].TrimStart() : throw NotATagList;
        }

        return tag;
    }

    private static ProblemException NotATagList =>
        new(ErrorKinds.InvalidCondition, "If-Match and If-None-Match are * or a list of entity tags.");
}
