using System.Globalization;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Nodes;

/// <summary>
/// <c>limit</c> and <c>cursor</c> of lists in the order of creation. Such a list had no pages once: a request without a
/// limit gets as much as a page may have.
/// </summary>
internal static class ArrivalCursor
{
    /// <returns>Null: nodes may not know pages yet. Their answers have no cursor, and all entries.</returns>
    /// <exception cref="Errors.ProblemException"><c>invalid-parameter</c>.</exception>
    public static ArrivalPage? PageOf(RequestQuery query, ClusterLevel level)
    {
        var after = query.Text("cursor") is { } cursor ? Parse(cursor) : null;
        var limit = query.Integer("limit", 1, Limits.PageSizeMax) ?? Limits.PageSizeMax;

        // A cursor comes from a cluster that knows them, even if this gateway has not seen that level yet.
        return after is null && level.Value < ClusterLevel.Pages ? null : new ArrivalPage(after, limit);
    }

    public static string Behind(Arrival last) => PageCursor.Behind(last.Created.Value.ToString(CultureInfo.InvariantCulture) + last.Path);

    private static Arrival Parse(string cursor)
    {
        var text = PageCursor.Parse(cursor);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash > 0
            && NodePath.Check(text[slash..]) is null
            && IntegerText.TryParse(text.AsSpan(0, slash), out var created)
            && created >= 0
            ? new Arrival(new Revision(created), text[slash..])
            : throw PageCursor.Invalid;
    }
}
