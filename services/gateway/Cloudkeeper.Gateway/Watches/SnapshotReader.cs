using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Watches;

/// <summary>Reads what a watcher is to see first, exact at one revision, however many reads that takes.</summary>
internal sealed class SnapshotReader(INodes nodes, ChangeRelay relay)
{
    private const int PageSize = 1_000;

    /// <summary>Values are up to 1 MiB each.</summary>
    private const int PageSizeWithValues = 32;

    private const int ReadsAtOnce = 32;
    private const int TriesMax = 3;

    private static readonly TimeSpan CatchUpMax = TimeSpan.FromSeconds(5);

    /// <exception cref="ProblemException">Too much at once, or no node answers.</exception>
    public async Task<Snapshot> ReadAsync(WatchInterest interest, bool withValues, CancellationToken cancellationToken)
    {
        for (var tries = 1; tries <= TriesMax; tries++)
        {
            var builder = new SnapshotBuilder(interest);
            foreach (var target in interest.Targets)
            {
                await ReadTargetAsync(target, withValues, builder);
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (await TryPatchAsync(builder, cancellationToken) && await TryFillAsync(builder, withValues))
            {
                return builder.Build();
            }
        }

        throw new ProblemException(ErrorKinds.Overloaded, "The nodes change faster than they can be read: watch smaller parts.");
    }

    private async Task ReadTargetAsync(WatchTarget target, bool withValues, SnapshotBuilder builder)
    {
        if (target.Scope != WatchScope.Children)
        {
            await ReadNodeAsync(target.Path, withValues, builder);
        }

        if (target.Scope == WatchScope.Node)
        {
            return;
        }

        var parents = new Queue<string>([target.Path]);
        while (parents.Count > 0)
        {
            var reads = new List<Task<IReadOnlyList<string>>>();
            while (reads.Count < ReadsAtOnce && parents.TryDequeue(out var parent))
            {
                reads.Add(ReadChildrenAsync(parent, withValues, builder));
            }

            foreach (var found in await Task.WhenAll(reads))
            {
                foreach (var parent in target.Scope == WatchScope.Subtree ? found : [])
                {
                    parents.Enqueue(parent);
                }
            }
        }
    }

    private async Task ReadNodeAsync(string path, bool withValues, SnapshotBuilder builder)
    {
        var (result, revision) = await ReadAsync(new ReadNodeRequest(path, withValues));
        var node = (ReadNodeResult)result;
        lock (builder)
        {
            builder.Saw(revision);
            if (node.Stat is { } stat)
            {
                builder.Add(path, new SnapshotNode(stat, node.ContentType, withValues ? node.Value : null, revision));
            }
        }
    }

    /// <returns>The children that have children of their own.</returns>
    private async Task<IReadOnlyList<string>> ReadChildrenAsync(string parent, bool withValues, SnapshotBuilder builder)
    {
        var inner = new List<string>();
        var after = "";
        while (true)
        {
            var limit = withValues ? PageSizeWithValues : PageSize;
            var (result, revision) = await ReadAsync(new ReadChildrenRequest(parent, after, limit, withValues));
            var page = (ReadChildrenResult)result;
            lock (builder)
            {
                builder.Saw(revision);
                foreach (var child in page.Children)
                {
                    var path = NodePath.Join(parent, child.Name);
                    builder.Add(
                        path, new SnapshotNode(child.Stat, child.ContentType, withValues ? child.Value : null, revision));
                    if (child.Stat.ChildCount > 0)
                    {
                        inner.Add(path);
                    }
                }
            }

            if (!page.HasMore)
            {
                return inner;
            }

            after = page.Children[^1].Name;
        }
    }

    /// <returns>False: the changes between the reads are not at hand any more.</returns>
    private async Task<bool> TryPatchAsync(SnapshotBuilder builder, CancellationToken cancellationToken)
    {
        if (builder.Earliest == builder.Latest)
        {
            return true;
        }

        var changes = new List<ChangeSet>();
        if (!await relay.WaitForAsync(builder.Latest, CatchUpMax, cancellationToken)
            || !relay.TryRead(builder.Earliest, changes))
        {
            return false;
        }

        foreach (var set in changes.TakeWhile(set => set.Revision <= builder.Latest))
        {
            builder.Apply(set);
        }

        return true;
    }

    /// <summary>Fetches values too large for the feed.</summary>
    /// <returns>False: history is gone over it.</returns>
    private async Task<bool> TryFillAsync(SnapshotBuilder builder, bool withValues)
    {
        if (!withValues)
        {
            return true;
        }

        foreach (var (path, node) in builder.WithoutValue.ToArray())
        {
            var (result, _) = await ReadAsync(new ReadChangeRequest(node.ReadAt, path));
            if (result is not ReadChangeResult { Change.Value: { } value })
            {
                return false;
            }

            builder.Add(path, node with { Value = value });
        }

        return true;
    }

    private ValueTask<ReadAnswer> ReadAsync(ReadRequest request) =>
        nodes.ReadAsync(request, ReadConsistency.Linearizable, Revision.Zero);
}
