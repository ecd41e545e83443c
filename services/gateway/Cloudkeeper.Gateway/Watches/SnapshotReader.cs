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
            var builder = new SnapshotBuilder(interest, withValues);
            foreach (var target in interest.Targets)
            {
                await ReadTargetAsync(target, builder, cancellationToken);
            }

            if (await TryPatchAsync(builder, cancellationToken) && await TryFillAsync(builder))
            {
                return builder.Build();
            }
        }

        throw new ProblemException(ErrorKinds.Overloaded, "The nodes change faster than they can be read: watch smaller parts.");
    }

    private async Task ReadTargetAsync(WatchTarget target, SnapshotBuilder builder, CancellationToken cancellationToken)
    {
        for (string? after = ""; after is not null;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var answer = await ReadAsync(builder.PageOf(target, after, PageSize));
            after = builder.Add(target, (ReadSubtreeResult)answer.Result, answer.Revision);
            RequireSize(builder);
        }
    }

    private static void RequireSize(SnapshotBuilder builder)
    {
        if (builder.IsTooLarge)
        {
            throw new ProblemException(
                ErrorKinds.Overloaded,
                $"More than {SnapshotBuilder.NodesMax} nodes or {SnapshotBuilder.BytesMax} bytes at once: watch smaller parts.");
        }
    }

    /// <returns>False: the changes between the reads are not at hand any more.</returns>
    private async Task<bool> TryPatchAsync(SnapshotBuilder builder, CancellationToken cancellationToken)
    {
        if (builder.IsOfOneRevision)
        {
            return true;
        }

        var changes = new List<ChangeSet>();
        if (!await relay.WaitForAsync(builder.Latest, CatchUpMax, cancellationToken)
            || !relay.TryRead(builder.Earliest, changes))
        {
            return false;
        }

        builder.Patch(changes);
        RequireSize(builder);
        return true;
    }

    /// <summary>Fetches values too large for the feed.</summary>
    /// <returns>False: history is gone over it.</returns>
    private async Task<bool> TryFillAsync(SnapshotBuilder builder)
    {
        foreach (var (path, node) in builder.WithoutValue.ToArray())
        {
            var (result, _) = await ReadAsync(new ReadChangeRequest(node.ReadAt, path));
            if (result is not ReadChangeResult { Change.Value: { } value })
            {
                return false;
            }

            builder.Fill(path, value);
            RequireSize(builder);
        }

        return true;
    }

    private ValueTask<ReadAnswer> ReadAsync(ReadRequest request) =>
        nodes.ReadAsync(request, ReadConsistency.Linearizable, Revision.Zero);
}
