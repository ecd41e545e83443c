using System.Globalization;
using System.Net.Mime;
using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Node.Peers;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Reads;
using Cloudkeeper.Storage;
using Cloudkeeper.Tree;
using Microsoft.Net.Http.Headers;

namespace Cloudkeeper.Node.Recovery;

/// <summary>
/// A backup: a new snapshot that contains everything that was acknowledged before the request, as its file is, with the
/// checksums and the end mark by which an incomplete copy is told. Writes go on meanwhile.
/// </summary>
internal static class BackupEndpoint
{
    private const int ChunkBytes = 256 << 10;
    private const int AttemptsMax = 2;

    public static void MapBackup(this IEndpointRouteBuilder routes) =>
        routes.MapReplica().MapGet(NodeRoutes.Snapshot, SendAsync);

    private static async Task SendAsync(HttpContext context, ReplicaHost replica, PeerClient peers)
    {
        if (await ReadIndexAsync(replica, peers, context.RequestAborted) is not { } index)
        {
            await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "No leader could say up to where the backup must go.");
            return;
        }

        if (await TakeAsync(replica, index, context.RequestAborted) is not { } snapshot)
        {
            await RefuseAsync(
                context, StatusCodes.Status507InsufficientStorage, "There is no room on disk for a snapshot, or the disk damages it.");
            return;
        }

        using var reader = replica.Snapshots.OpenRead(snapshot);
        WriteHeaders(context.Response, reader, SummaryOf(replica.Snapshots, snapshot));
        var chunk = new byte[ChunkBytes];
        for (var offset = 0L; offset < reader.Length;)
        {
            var count = reader.ReadRaw(offset, chunk);
            await context.Response.Body.WriteAsync(chunk.AsMemory(0, count), context.RequestAborted);
            offset += count;
        }
    }

    /// <summary>A whole one: if the one that there is has been damaged on disk, the next is made from the state.</summary>
    private static async Task<SnapshotMetadata?> TakeAsync(ReplicaHost replica, LogIndex index, CancellationToken cancellationToken)
    {
        for (var i = 0; i < AttemptsMax; i++)
        {
            if (await replica.SnapshotAsync(index).WaitAsync(cancellationToken) is not { } snapshot)
            {
                return null;
            }

            if (await Task.Run(() => replica.Snapshots.IsIntact(snapshot), cancellationToken))
            {
                return snapshot;
            }

            await replica.SnapshotDamagedAsync(snapshot.Index);
        }

        return null;
    }

    /// <summary>An entry of this node's log behind everything that has been acknowledged anywhere; null: no quorum.</summary>
    private static async Task<LogIndex?> ReadIndexAsync(ReplicaHost replica, PeerClient peers, CancellationToken cancellationToken)
    {
        var (status, index) = await replica.ReadAsync(
            ReadConsistency.Linearizable, Revision.Zero, static r => r.AppliedIndex);
        if (status == ReadStatus.NotLeader && await LeaderRevision.AskAsync(replica, peers, cancellationToken) is { } revision)
        {
            (status, index) = await replica.ReadAsync(ReadConsistency.Local, revision, static r => r.AppliedIndex);
        }

        return status == ReadStatus.Ready ? index : null;
    }

    private static SnapshotSummary SummaryOf(SnapshotStore snapshots, SnapshotMetadata snapshot)
    {
        using var reader = snapshots.OpenRead(snapshot);
        reader.TryRead(out var first);
        return SnapshotSummary.Read(first.Span);
    }

    private static void WriteHeaders(HttpResponse response, SnapshotFileReader reader, SnapshotSummary summary)
    {
        var revision = summary.Revision.ToString();
        var name = string.Create(
            CultureInfo.InvariantCulture, $"cloudkeeper-{reader.ClusterId.ToString("N")[..8]}-{revision}.snapshot");
        response.ContentType = MediaTypeNames.Application.Octet;
        response.ContentLength = reader.Length;
        response.Headers[NodeRoutes.RevisionHeader] = revision;
        response.Headers.ContentDisposition = new ContentDispositionHeaderValue("attachment") { FileName = name }.ToString();
    }

    private static Task RefuseAsync(HttpContext context, int status, string problem)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(problem, context.RequestAborted);
    }
}
