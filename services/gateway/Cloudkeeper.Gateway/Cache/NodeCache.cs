using Cloudkeeper.Coherence.Cache;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Cache;

/// <summary>The nodes that this gateway answers from memory. Thread safe; nothing but the rule runs under its lock.</summary>
internal sealed class NodeCache(long bytesMax)
{
    private readonly Lock _gate = new();
    private readonly CacheRule _rule = new(bytesMax);

    public Guid Cluster
    {
        get
        {
            lock (_gate)
            {
                return _rule.Cluster;
            }
        }
    }

    public long Bytes => _rule.Bytes;

    public int Count => _rule.Count;

    /// <inheritdoc cref="CacheRule.Restart"/>
    public void Restart(Guid cluster, Revision revision)
    {
        lock (_gate)
        {
            _rule.Restart(cluster, revision);
        }
    }

    /// <inheritdoc cref="CacheRule.Apply(ChangeSet)"/>
    public void Apply(ChangeSet set)
    {
        lock (_gate)
        {
            _rule.Apply(set);
        }
    }

    /// <inheritdoc cref="CacheRule.Fill"/>
    public bool Fill(Guid cluster, string path, ReadNodeResult node, bool withValue, Revision at)
    {
        lock (_gate)
        {
            return _rule.Fill(cluster, path, node, withValue, at);
        }
    }

    /// <inheritdoc cref="CacheRule.FillShared"/>
    public bool FillShared(Guid cluster, string path, CacheEntry entry)
    {
        lock (_gate)
        {
            return _rule.FillShared(cluster, path, entry);
        }
    }

    /// <inheritdoc cref="CacheRule.Holds"/>
    public bool Holds(string path, bool withValue)
    {
        lock (_gate)
        {
            return _rule.Holds(path, withValue);
        }
    }

    /// <summary>The state of a path in a cluster, at a revision that is not below <paramref name="required"/>.</summary>
    /// <param name="cluster">Null: the one that this gateway follows.</param>
    public bool TryRead(
        Guid? cluster, string path, bool withValue, Revision required, out ReadNodeResult? node, out Revision at)
    {
        lock (_gate)
        {
            var isFound = _rule.TryRead(path, withValue, required, out node, out at);
            return isFound && (cluster is null || cluster == _rule.Cluster);
        }
    }
}
