using Cloudkeeper.Coherence.Cache;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Simulation.Invariants.Reads;

namespace Cloudkeeper.Simulation.Invariants.Caches;

/// <summary>
/// C3 and C4: a gateway's entry for a path, also that nothing is there, agrees with the committed log at the revision
/// that the entry claims. Checked whenever the entry has been touched, not only when it is read.
/// </summary>
internal sealed class EntriesAreTrue(NodeTruth nodes)
{
    /// <summary>The feed has brought a transaction.</summary>
    public void Applied(CacheRule cache, ChangeSet set)
    {
        foreach (var change in set.Changes)
        {
            Filled(cache, change.Path);
            Filled(cache, NodePath.ParentOf(change.Path));
        }

        foreach (var parent in set.TouchedParents)
        {
            Filled(cache, parent);
        }
    }

    /// <summary>An answer of a node, or another gateway's entry, was put in.</summary>
    public void Filled(CacheRule cache, string path)
    {
        var request = new ReadNodeRequest(path, cache.Holds(path, withValue: true));
        if (cache.TryRead(path, request.WithValue, Revision.Zero, out var node, out var at))
        {
            Served(request, node!, at);
        }
    }

    /// <summary>A read is answered from it.</summary>
    public void Served(ReadNodeRequest request, ReadNodeResult node, Revision at)
    {
        if (nodes.Contradiction(request, node, at) is { } contradiction)
        {
            var name = node.Stat is null ? "C4 true absences" : "C3 true entries";
            throw new ViolationException(name, $"{request.Path} at {at} is kept as {node.Stat}: {contradiction}");
        }
    }
}
