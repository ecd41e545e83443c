using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Coherence.Cache;

/// <summary>A node, or its absence, as it was at a revision.</summary>
/// <param name="HasValue">
/// False: only the stat is known. Large values do not travel in the feed, and a read of a stat returns no value.
/// </param>
public sealed record CacheEntry(ReadNodeResult Node, bool HasValue, Revision At)
{
    /// <summary>Of an answer to a question with or without the value.</summary>
    public static CacheEntry Of(ReadNodeResult node, bool withValue, Revision at) =>
        new(node, withValue || node.Stat is not { DataLength: > 0 }, at);
}
