using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Nodes;

/// <summary>One page of <c>view=subtree</c>.</summary>
/// <param name="After">The last path of the page before; empty for the first one.</param>
/// <param name="DepthMax">How far below the node; 0: only it.</param>
internal readonly record struct SubtreePage(string After, int DepthMax, int Limit, bool WithValues)
{
    /// <param name="path">Of the node on top; a cursor leads to something below it.</param>
    public static SubtreePage Of(RequestQuery query, string path) => new(
        query.Text("cursor") is { } cursor ? AfterOf(cursor, path) : "",
        query.Integer("depth", 0, int.MaxValue) ?? int.MaxValue,
        query.Integer("limit", 1, Limits.PageSizeMax) ?? PageCursor.LimitOtherwise,
        query.Boolean("values"));

    /// <summary><c>{path, revision, nodes: [{path, contentType, stat, value?, encoding?}], cursor?}</c></summary>
    public static async ValueTask WriteAsync(
        JsonParts parts, string path, Revision revision, ReadSubtreeResult page, bool withValues)
    {
        PageJson.Begin(parts.Json, path, revision, "nodes"u8);
        foreach (var node in page.Nodes)
        {
            await PageJson.WriteEntryAsync(
                parts, "path"u8, node.Path, node.ContentType, node.Stat, node.Value, withValues);
        }

        PageJson.End(parts.Json, page.HasMore ? page.Nodes[^1].Path : null);
    }

    private static string AfterOf(string cursor, string path)
    {
        var after = PageCursor.Parse(cursor);
        var isWithin = path == NodePath.Root
            || (after.StartsWith(path, StringComparison.Ordinal) && (after.Length == path.Length || after[path.Length] == '/'));
        return isWithin && NodePath.Check(after) is null ? after : throw PageCursor.Invalid;
    }
}
