using Cloudkeeper.Coherence.Sharing;
using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Gateway.Redis;

/// <summary>
/// Past changes, shared by all gateways. A committed transaction never changes: nothing is invalidated.
/// </summary>
internal sealed class ChangeCache(RedisStore store, FeedProgress progress)
{
    /// <returns>Null: not there, implausible, or not known in time.</returns>
    public ValueTask<Change?> FindAsync(Revision revision, Change known)
    {
        if (!store.IsConfigured)
        {
            return default;
        }

        var cluster = progress.Cluster;
        return store.FindAsync(
            cluster, SharedKeys.Change(cluster, revision, known.Path), CachedChange.BytesMax,
            entry => CachedChange.Read(entry.Span, known));
    }

    /// <summary>Begins to store a node's answer, unless much is being stored already.</summary>
    public void Store(Revision revision, Change known, Change whole)
    {
        if (store.IsConfigured && CachedChange.IsWholeOf(known, whole))
        {
            var cluster = progress.Cluster;
            store.Store(cluster, SharedKeys.Change(cluster, revision, whole.Path), () => CachedChange.Write(whole));
        }
    }
}
