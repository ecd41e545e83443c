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
    /// <summary>A node ends a page earlier when its values are large.</summary>
    private const int PageSize = 1_000;

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
                await ReadTargetAsync(target, withValues, builder, cancellationToken);
            }

            if (await TryPatchAsync(builder, cancellationToken) && await TryFillAsync(builder, withValues))
            {
                return builder.Build();
            }
        }

        throw new ProblemException(ErrorKinds.Overloaded, "The nodes change faster than they can be read: watch smaller parts.");
    }

    private async Task ReadTargetAsync(
        WatchTarget target, bool withValues, SnapshotBuilder builder, CancellationToken cancellationToken)
    {
        var depthMax = target.Scope switch
        {
            WatchScope.Node => 0,
            WatchScope.Children => 1,
            _ => int.MaxValue,
        };
        ReadSubtreeResult page;
        var after = "";
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            var answer = await ReadAsync(new ReadSubtreeRequest(target.Path, after, depthMax, PageSize, withValues));
            builder.Saw(answer.Revision);
            page = (ReadSubtreeResult)answer.Result;
            foreach (var node in page.Nodes)
            {
                // Of the children alone, without the node above them, if that is the scope.
                if (target.Matches(node.Path))
                {
                    ReadOnlyMemory<byte>? value = withValues ? node.Value : default(ReadOnlyMemory<byte>?);
                    builder.Add(node.Path, new SnapshotNode(node.Stat, node.ContentType, value, answer.Revision));
                }

                after = node.Path;
            }
        }
        while (page.HasMore);
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
