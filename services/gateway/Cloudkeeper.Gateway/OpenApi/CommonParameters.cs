using Cloudkeeper.Gateway.Serving;
using static Cloudkeeper.Gateway.OpenApi.ParameterDescription;

namespace Cloudkeeper.Gateway.OpenApi;

/// <summary>Parameters that many routes have.</summary>
internal static class CommonParameters
{
    public static readonly ParameterDescription TreePath = Path(
        "path", "Path in the tree, its segments separated by plain slashes, each percent-encoded once.");

    /// <summary>Of parameters that have a meaning only while a request waits.</summary>
    public static readonly ParameterCondition Waiting = new("wait");

    /// <summary>Of all reads.</summary>
    public static readonly IReadOnlyList<ParameterDescription> Reading =
    [
        Query("consistency", "linearizable (default), session, bounded or stale."),
        Query("max_stale", "For consistency=bounded: how old a copy may be, for instance 200ms.") with
        {
            Only = new("consistency", "bounded"),
        },
        Header(ResponseHeaders.MinRevision, "The answer reflects at least this revision; stale reads ignore it."),
    ];

    /// <summary>Of all mutations.</summary>
    public static readonly IReadOnlyList<ParameterDescription> Changing =
    [
        Header(ResponseHeaders.IdempotencyKey, "1 to 64 visible ASCII characters: repeats are answered again, not executed again."),
        Header(ResponseHeaders.Fence, "Tickets separated by commas: only if each of them holds at the moment of commit."),
    ];

    /// <summary>Of all mutations of one node.</summary>
    public static readonly IReadOnlyList<ParameterDescription> Conditions =
    [
        Header("If-Match", "Only if the node has this ETag; * for any."),
        Query("version", "Only if the node has this version; -1 for any."),
    ];

    /// <summary>Of all creations of a node.</summary>
    public static readonly IReadOnlyList<ParameterDescription> Creating =
    [
        Query("session", "Makes the node ephemeral: it goes with this session."),
        Query("ttl", "The node goes when it has no children and was not changed for this long."),
        Query("kind", "container: the node goes some time after its last child."),
        Query("parents", "true: create missing parents."),
    ];
}
