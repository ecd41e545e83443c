using Cloudkeeper.Coherence.Cache;
using Cloudkeeper.Coherence.Sharing;

namespace Cloudkeeper.Gateway.Redis;

/// <summary>Nodes, and absences of nodes, as gateways have read them, for gateways that have not read them yet.</summary>
/// <remarks>
/// An entry names the revision at which it was read, and nothing keeps it current: the gateway that takes it has to
/// prove by the changes that it has received itself that there was none since (<see cref="CacheRule.Fill"/>). So it
/// does not matter which gateway writes here last, nor whether Redis serves an old copy of itself.
/// </remarks>
internal sealed class SharedNodes(RedisStore store)
{
    public bool IsConfigured => store.IsConfigured;

    /// <returns>Null: not there, implausible, or not known in time.</returns>
    public ValueTask<CacheEntry?> FindAsync(Guid cluster, string path) => store.FindAsync(
        cluster, SharedKeys.Node(cluster, path), SharedNode.BytesMax, entry => SharedNode.Read(entry.Span, cluster, path));

    /// <summary>Begins to store a node's answer, unless much is being stored already.</summary>
    /// <param name="entry">With its value.</param>
    public void Store(Guid cluster, string path, CacheEntry entry) =>
        store.Store(cluster, SharedKeys.Node(cluster, path), () => SharedNode.Write(cluster, path, entry));
}
