using Cloudkeeper.Raft;

namespace Cloudkeeper.Replica.Members;

/// <summary>Members as people read them: <c>n1, n2 and n4</c>.</summary>
internal static class Names
{
    public static string Of(NodeId id) => "n" + id;

    public static string Of(IEnumerable<NodeId> ids)
    {
        var names = ids.Select(Of).ToList();
        return names.Count < 2 ? string.Concat(names) : string.Join(", ", names.SkipLast(1)) + " and " + names[^1];
    }

    /// <summary>The ids with a verb that fits their number.</summary>
    public static string Of(IReadOnlyCollection<NodeId> ids, string one, string many) =>
        $"{Of(ids)} {(ids.Count == 1 ? one : many)}";
}
