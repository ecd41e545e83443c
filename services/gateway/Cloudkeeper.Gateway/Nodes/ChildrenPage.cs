using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Nodes;

/// <summary>One page of <c>view=children</c>.</summary>
/// <param name="After">The last name of the page before; empty for the first one.</param>
internal readonly record struct ChildrenPage(string After, int Limit, bool WithValues)
{
    public static ChildrenPage Of(RequestQuery query) => new(
        query.Text("cursor") is { } cursor ? AfterOf(cursor) : "",
        query.Integer("limit", 1, Limits.PageSizeMax) ?? PageCursor.LimitOtherwise,
        query.Boolean("values"));

    /// <summary><c>{path, revision, children: [{name, contentType, stat, value?, encoding?}], cursor?}</c></summary>
    public static async ValueTask WriteAsync(
        JsonParts parts, string path, Revision revision, ReadChildrenResult page, bool withValues)
    {
        PageJson.Begin(parts.Json, path, revision, "children"u8);
        foreach (var child in page.Children)
        {
            await PageJson.WriteEntryAsync(
                parts, "name"u8, child.Name, child.ContentType, child.Stat, child.Value, withValues);
        }

        PageJson.End(parts.Json, page.HasMore ? page.Children[^1].Name : null);
    }

    private static string AfterOf(string cursor)
    {
        var name = PageCursor.Parse(cursor);
        return name.Length > 0 && NodePath.Check("/" + name) is null && !name.Contains('/', StringComparison.Ordinal)
            ? name
            : throw PageCursor.Invalid;
    }
}
