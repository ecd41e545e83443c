using System.Collections.Frozen;

namespace Cloudkeeper.Gateway.Requests;

/// <summary>
/// The names of query parameters that the contract knows, wherever they mean something, those of routes and reads that are to
/// come included. On any other route they are a mistake that must not go unnoticed; all other names are ignored.
/// </summary>
internal static class KnownParameters
{
    public static readonly FrozenSet<string> All =
    [
        "after", "consistency", "cursor", "depth", "dryRun", "format", "from", "initial", "inline", "kind", "limit", "max_stale",
        "mode", "onGap", "parents", "path", "prefix", "previous", "recursive", "scope", "session", "ttl", "values", "version",
        "view", "wait",

        // To come: reads of a past revision, queues, double barriers.
        "lease", "operation", "priority", "rev",
    ];

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> BySpan =
        All.GetAlternateLookup<ReadOnlySpan<char>>();

    public static bool Contains(ReadOnlySpan<char> name) => BySpan.Contains(name);
}
