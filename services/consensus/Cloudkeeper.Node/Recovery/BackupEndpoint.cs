using System.Globalization;
using System.Net.Mime;
using Cloudkeeper.Hosting.Memory;
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
/// A backup: a new snapshot that contains all that was acknowledged before it was begun, as its file is, with the
/// checksums and the end mark by which an incomplete copy is noticed. Writes go on meanwhile. A request that comes
/// while one is being made gets that one.
/// </summary>
internal static class BackupEndpoint
{
    private const int ChunkBytes = 256 << 10;
    private const int AttemptsMax = 2;
    private const string TooMany = "Too many backups are on their way already.";
    private const string NoLeader = "No leader could name the revision that the backup must reach.";
    private const string NoRoom = "There is no room on disk for a snapshot, or the disk damages it.";
    private const string Stops = "This node stops.";

    /// <summary>A file that is read stays on the disk: not for clients that hardly take it.</summary>
    private static readonly PaceRule Pace = new(32 << 10, 256 << 10, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30));

    public static void AddBackup(this IServiceCollection services) => services.AddSingleton(provider =>
    {
        var peers = provider.GetRequiredService<PeerClient>();
        return new BackupsUnderWay(replica => replica.RunAsync(stopping => MakeAsync(replica, peers, stopping)));
    });

    public static void MapBackup(this IEndpointRouteBuilder routes) =>
        routes.MapReplica().MapGet(NodeRoutes.Snapshot, HandleAsync);

    private static async Task HandleAsync(
        HttpContext context, ReplicaHost replica, BackupsUnderWay backups, MemoryBudget memory, TransferPace pace)
    {
        if (!backups.TryEnter())
        {
            await RefuseAsync(context, StatusCodes.Status429TooManyRequests, TooMany);
            return;
        }

        try
        {
            await SendAsync(context, replica, backups, memory, pace);
        }
        finally
        {
            backups.Leave();
        }
    }

    private static async Task SendAsync(
        HttpContext context, ReplicaHost replica, BackupsUnderWay backups, MemoryBudget memory, TransferPace pace)
    {
        if (!memory.TryTake(MemoryUse.Snapshots, ChunkBytes, out var lease))
        {
            await RefuseAsync(context, StatusCodes.Status429TooManyRequests, TooMany);
            return;
        }

        using var taken = lease;
        var (snapshot, refusal) = await backups.JoinAsync(replica).WaitAsync(context.RequestAborted);
        if (snapshot is null)
        {
            await RefuseAsync(context, refusal.Status, refusal.Problem);
            return;
        }

        using var reader = replica.Snapshots.OpenRead(snapshot);
        WriteHeaders(context.Response, reader, SummaryOf(replica.Snapshots, snapshot));
        using var transfer = pace.Begin(MemoryUse.Snapshots, Pace, static state => ((HttpContext)state).Abort(), context);
        var chunk = new byte[ChunkBytes];
        for (var offset = 0L; offset < reader.Length;)
        {
            var count = reader.ReadRaw(offset, chunk);
            transfer.BeginWait();
            await context.Response.Body.WriteAsync(chunk.AsMemory(0, count), context.RequestAborted);
            transfer.EndWait(count);
            offset += count;
        }
    }

    /// <summary>For all requests that wait for it; none of them can end it.</summary>
    private static async Task<BackupMade> MakeAsync(
        ReplicaHost replica, PeerClient peers, CancellationToken stopping)
    {
        try
        {
            if (await ReadIndexAsync(replica, peers, stopping) is not { } index)
            {
                return new BackupMade(null, (StatusCodes.Status503ServiceUnavailable, NoLeader));
            }

            return await TakeAsync(replica, index, stopping) is { } snapshot
                ? new BackupMade(snapshot)
                : new BackupMade(null, (StatusCodes.Status507InsufficientStorage, NoRoom));
        }
        catch (OperationCanceledException)
        {
            return new BackupMade(null, (StatusCodes.Status503ServiceUnavailable, Stops));
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

    /// <summary>An entry of this node's log behind all that has been acknowledged anywhere; null: no quorum.</summary>
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
