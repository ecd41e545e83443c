using Cloudkeeper.Coherence.Delivery;
using Cloudkeeper.Coherence.Cache;
using Cloudkeeper.Gateway.Cache;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Gateway.Redis;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Nodes;

/// <summary>Reads as fresh as their client wants them, from memory where that is proved fresh enough.</summary>
internal sealed class ConsistentReads(
    INodes nodes, NodeCache cache, SharedNodes shared, FeedProgress progress, GatewayMetrics metrics, TimeProvider time)
{
    /// <summary>How long a revision that a client has seen elsewhere may be on its way here.</summary>
    private static readonly TimeSpan RevisionWaitMax = TimeSpan.FromSeconds(5);

    /// <summary>How long the feed may take to reach the leader's revision: then a node is faster.</summary>
    private static readonly TimeSpan FeedWaitMax = TimeSpan.FromMilliseconds(50);

    public ValueTask<ServedRead> ReadAsync(
        ReadRequest request, ConsistencyChoice choice, CancellationToken cancellationToken) => choice.Consistency switch
        {
            Consistency.Bounded when TryReadBounded(request, choice) is { } copy => new ValueTask<ServedRead>(copy),
            Consistency.Linearizable or Consistency.Bounded =>
                ReadLinearizableAsync(request, choice.MinRevision, cancellationToken),
            Consistency.Session => ReadSessionAsync(request, choice.MinRevision, cancellationToken),
            _ => ReadStaleAsync(request),
        };

    /// <summary>Asks the leader for a revision, and reads from memory when the feed has reached it.</summary>
    /// <remarks>
    /// A node that is not in memory is read from the leader at once, as all are while the feed is not current: no read
    /// makes two ways one after the other, save one whose entry goes while it asks. One method, for each that waits
    /// costs every hot read an allocation and a step on its way back.
    /// </remarks>
    private async ValueTask<ServedRead> ReadLinearizableAsync(
        ReadRequest request, Revision minRevision, CancellationToken cancellationToken)
    {
        var node = request as ReadNodeRequest;
        if (node is not null && progress.IsCurrent && await FindAsync(node) is { } source)
        {
            var index = await nodes.ReadIndexAsync();
            progress.Confirm(index);
            var required = minRevision > index.Revision ? minRevision : index.Revision;
            if (progress.Revision >= required || await IsReachedAsync(index, required, cancellationToken))
            {
                if (cache.TryRead(index.Cluster, node.Path, node.WithValue, required, out var found, out var at))
                {
                    return Served(found!, at, source, Consistency.Linearizable);
                }

                metrics.CacheRejected();
            }
        }

        var answer = await AskAsync(request, minRevision, cancellationToken);
        if (node is null)
        {
            return Served(answer, ReadSource.Bypass);
        }

        Keep(node, answer);
        return Served(answer, ReadSource.Miss);
    }

    private async ValueTask<bool> IsReachedAsync(
        ReadIndex index, Revision required, CancellationToken cancellationToken)
    {
        if (required > index.Revision)
        {
            // No client can have seen it yet, unless it comes from another cluster.
            await WaitForAsync(required, cancellationToken);
            return true;
        }

        var isReached = index.Cluster == cache.Cluster
            && await progress.WaitForAsync(required, FeedWaitMax, cancellationToken);
        metrics.FeedAwaited(isReached);
        if (!isReached)
        {
            progress.NoteLag(required);
        }

        return isReached;
    }

    /// <summary>A copy that is proved fresh enough; null: there is none.</summary>
    private ServedRead? TryReadBounded(ReadRequest request, ConsistencyChoice choice)
    {
        // First the age, then the state: changes in between only make it fresher.
        var staleness = progress.Staleness;
        return staleness <= choice.MaxStaleness && request is ReadNodeRequest node
            && cache.TryRead(null, node.Path, node.WithValue, choice.MinRevision, out var found, out var at)
                ? Served(found!, at, ReadSource.Local, Consistency.Bounded, staleness)
                : null;
    }

    /// <summary>Never behind the events that this gateway's watches have sent.</summary>
    private async ValueTask<ServedRead> ReadSessionAsync(
        ReadRequest request, Revision minRevision, CancellationToken cancellationToken)
    {
        if (minRevision > progress.Revision)
        {
            await WaitForAsync(minRevision, cancellationToken);
        }

        return await ReadHereAsync(request, Consistency.Session, progress.Revision);
    }

    private ValueTask<ServedRead> ReadStaleAsync(ReadRequest request) =>
        ReadHereAsync(request, Consistency.Stale, Revision.Zero);

    /// <summary>From memory, else from the node that the feed comes from.</summary>
    private async ValueTask<ServedRead> ReadHereAsync(
        ReadRequest request, Consistency consistency, Revision minRevision)
    {
        var staleness = progress.Staleness;
        var proved = progress.Revision;
        if (request is not ReadNodeRequest node)
        {
            var uncached = await nodes.ReadAsync(request, ReadConsistency.Local, minRevision);
            return Served(uncached, ReadSource.Bypass, consistency, uncached.Revision >= proved ? staleness : null);
        }

        if (await FindAsync(node) is { } source
            && cache.TryRead(null, node.Path, node.WithValue, minRevision, out var found, out var at))
        {
            return Served(found!, at, source, consistency, staleness);
        }

        var answer = await nodes.ReadAsync(request, ReadConsistency.Local, minRevision);
        Keep(node, answer);

        // A node that is behind our feed proves nothing about its age.
        return Served(answer, ReadSource.Miss, consistency, answer.Revision >= proved ? staleness : null);
    }

    /// <summary>Reflects every acknowledged revision by itself; one that it does not reflect was never acknowledged.</summary>
    private async ValueTask<ReadAnswer> AskAsync(
        ReadRequest request, Revision minRevision, CancellationToken cancellationToken)
    {
        var askedAt = time.GetTimestamp();
        var answer = await nodes.ReadAsync(request, ReadConsistency.Linearizable, Revision.Zero);
        progress.Confirm(new ReadIndex(answer.Cluster, answer.Revision, askedAt));
        if (answer.Revision >= minRevision)
        {
            return answer;
        }

        await WaitForAsync(minRevision, cancellationToken);
        return await nodes.ReadAsync(request, ReadConsistency.Linearizable, Revision.Zero);
    }

    /// <summary>Whether an entry is here, or in the gateways' shared cache; null: in neither.</summary>
    private ValueTask<ReadSource?> FindAsync(ReadNodeRequest request)
    {
        if (cache.Holds(request.Path, request.WithValue))
        {
            return new ValueTask<ReadSource?>(ReadSource.Local);
        }

        return shared.IsConfigured ? FindSharedAsync(request.Path) : default;
    }

    private async ValueTask<ReadSource?> FindSharedAsync(string path)
    {
        var cluster = progress.Cluster;
        return await shared.FindAsync(cluster, path) is { } entry
            && IsKept(cache.FillShared(cluster, path, entry))
                ? ReadSource.Redis
                : null;
    }

    private void Keep(ReadNodeRequest request, ReadAnswer answer)
    {
        var node = (ReadNodeResult)answer.Result;
        var isKept = IsKept(cache.Fill(answer.Cluster, request.Path, node, request.WithValue, answer.Revision));
        if (isKept && shared.IsConfigured && CacheEntry.Of(node, request.WithValue, answer.Revision) is { HasValue: true } entry)
        {
            shared.Store(answer.Cluster, request.Path, entry);
        }
    }

    private bool IsKept(bool isKept)
    {
        metrics.CacheFilled(isKept);
        return isKept;
    }

    private async ValueTask WaitForAsync(Revision revision, CancellationToken cancellationToken)
    {
        if (!await progress.WaitForAsync(revision, RevisionWaitMax, cancellationToken))
        {
            throw new ProblemException(new Problem(ErrorKinds.RevisionNotReached, Revision: progress.Revision));
        }
    }

    private ServedRead Served(
        ReadAnswer answer, ReadSource source, Consistency consistency = Consistency.Linearizable,
        TimeSpan? staleness = null) => Served(answer.Result, answer.Revision, source, consistency, staleness);

    private ServedRead Served(
        ReadResult result, Revision revision, ReadSource source, Consistency consistency, TimeSpan? staleness = null)
    {
        metrics.NodeRead(ServedRead.NameOf(source));
        return new ServedRead(result, revision, source, consistency, staleness);
    }
}
