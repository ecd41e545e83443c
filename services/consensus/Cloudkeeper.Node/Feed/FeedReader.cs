using System.IO.Pipelines;
using Cloudkeeper.Hosting.Memory;
using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Protocol;
using Cloudkeeper.Replica.Feed;

namespace Cloudkeeper.Node.Feed;

/// <summary>Sends one stream the history, part by part, until it is live.</summary>
internal sealed class FeedReader(ReplicaHost replica, FeedHub hub, FeedStream stream, FeedPlaces places, MemoryBudget memory)
{
    /// <summary>A transaction that is larger has to come through as well, however small the budget.</summary>
    private const int CountedBytesMax = 4 << 20;

    public FeedStream Stream => stream;

    /// <summary>Sends history until there is no more; false: the stream ends.</summary>
    /// <param name="from">Null: as many of the last transactions as there are, at most <paramref name="recent"/>.</param>
    public async Task<bool> CatchUpAsync(Revision? from, long recent, PipeWriter output, CancellationToken cancellationToken)
    {
        var part = await places.ReadHistoryAsync(
            () => replica.AskAsync(r => hub.Begin(r.Machine, replica.ClusterId, from, recent, stream)), cancellationToken);
        while (await TrySendAsync(part, output, cancellationToken))
        {
            if (part.IsLive || part.IsLast)
            {
                return part.IsLive;
            }

            var next = part.Next;
            part = await places.ReadHistoryAsync(
                () => replica.AskAsync(r => hub.Read(r.Machine, next, stream)), cancellationToken);
        }

        // Its gateway goes on from its last revision, here or elsewhere, after a pause.
        return false;
    }

    public Task EndAsync() => replica.AskAsync(_ =>
    {
        hub.Remove(stream);
        return true;
    });

    /// <summary>Encodes it, outside of the replica's turn, and sends it, piece by piece.</summary>
    /// <returns>False: there is no memory for it.</returns>
    private async Task<bool> TrySendAsync(FeedPart part, PipeWriter output, CancellationToken cancellationToken)
    {
        foreach (var piece in part.Encode())
        {
            if (!memory.TryTake(MemoryUse.Snapshots, Math.Min(piece.Length, CountedBytesMax), out var lease))
            {
                return false;
            }

            using (lease)
            {
                await output.WriteAsync(piece, cancellationToken);
            }
        }

        return true;
    }
}
