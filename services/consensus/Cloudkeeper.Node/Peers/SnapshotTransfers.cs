using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using Cloudkeeper.Hosting.Logging;
using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Node.Storage;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Peers;
using Cloudkeeper.Storage;

namespace Cloudkeeper.Node.Peers;

/// <summary>
/// Moves whole snapshots between members, beside the message streams. The receiver makes the file durable, verifies it
/// and loads it before Raft hears of it (bugs B-52, B-56).
/// </summary>
internal sealed partial class SnapshotTransfers(
    NodeStorage storage,
    PeerClient peers,
    TimeProvider time,
    ILogger<SnapshotTransfers> logger) : IDisposable
{
    private const int ChunkBytes = 256 << 10;

    private readonly SemaphoreSlim _receiving = new(1);
    private readonly ConcurrentDictionary<NodeId, SnapshotTransfer> _sending = new();

    /// <summary>How far the snapshot is that is on its way to a member; null: none is.</summary>
    public SnapshotTransfer? To(NodeId member) => _sending.GetValueOrDefault(member);

    /// <summary>Sends the newest snapshot to a follower.</summary>
    /// <exception cref="StorageFailedException">The disk fails: the process must end.</exception>
    public async Task<SnapshotDelivery> SendAsync(SnapshotRequest request, Uri address, CancellationToken cancellationToken)
    {
        try
        {
            using var reader = storage.Snapshots.OpenRead(request.Snapshot);
            var transfer = new SnapshotTransfer(reader.Length, time);
            _sending[request.To] = transfer;
            using var message = new HttpRequestMessage(HttpMethod.Post, address)
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new SnapshotContent(request, reader, transfer),
            };
            using var response = await peers.Client.SendAsync(message, cancellationToken);
            LogSent(logger, request.To, request.Snapshot.Index, reader.Length, (int)response.StatusCode);
            if (response.IsSuccessStatusCode)
            {
                return SnapshotDelivery.Delivered;
            }

            // The file goes out as it is; whoever receives it looks at every byte. Is it the file?
            if (await Task.Run(() => storage.Snapshots.IsIntact(request.Snapshot), cancellationToken))
            {
                return SnapshotDelivery.Failed;
            }
        }
        catch (StorageCorruptedException)
        {
            // Its head: the file cannot even be begun.
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or StorageFullException)
        {
            LogFailed(logger, request.To, request.Snapshot.Index, PlainText.Cut(e.Message));
            return SnapshotDelivery.Failed;
        }
        finally
        {
            _sending.TryRemove(request.To, out _);
        }

        LogDamaged(logger, request.Snapshot.Index);
        return SnapshotDelivery.Damaged;
    }

    /// <summary>Stores, verifies and loads what a leader sends, then hands it to the replica.</summary>
    public async Task ReceiveAsync(
        SnapshotRequest request,
        PipeReader body,
        ReplicaHost replica,
        CancellationToken cancellationToken)
    {
        await _receiving.WaitAsync(cancellationToken);
        try
        {
            using (var receiver = storage.Snapshots.Receive())
            {
                await CopyAsync(body, receiver, cancellationToken);
                receiver.Commit();
            }

            // Seconds of work for a large tree: not on the thread that brought the last bytes.
            var machine = await Task.Run(() => storage.LoadMachine(request.Snapshot), cancellationToken);
            await replica.InstallAsync(request, machine);
        }
        finally
        {
            _receiving.Release();
        }
    }

    public void Dispose() => _receiving.Dispose();

    private static async Task CopyAsync(PipeReader body, SnapshotFileReceiver receiver, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await body.ReadAsync(cancellationToken);
            foreach (var segment in result.Buffer)
            {
                receiver.Write(segment.Span);
            }

            body.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Sent the snapshot at {Index} ({Bytes} bytes) to node {Peer}: {Status}")]
    private static partial void LogSent(ILogger logger, NodeId peer, LogIndex index, long bytes, int status);

    [LoggerMessage(2, LogLevel.Warning, "Sending the snapshot at {Index} to node {Peer} failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, NodeId peer, LogIndex index, string reason);

    [LoggerMessage(3, LogLevel.Error, "The snapshot at {Index} is damaged on disk, another one is taken")]
    private static partial void LogDamaged(ILogger logger, LogIndex index);

    /// <summary>The announcement behind its length, then the file as it is.</summary>
    private sealed class SnapshotContent(
        SnapshotRequest request, SnapshotFileReader reader, SnapshotTransfer transfer) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var announcement = new ArrayBufferWriter<byte>();
            RaftMessageCodec.Write(announcement, request);
            var length = new byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(length, announcement.WrittenCount);
            await stream.WriteAsync(length);
            await stream.WriteAsync(announcement.WrittenMemory);

            var chunk = new byte[ChunkBytes];
            for (var offset = 0L; offset < reader.Length;)
            {
                var count = reader.ReadRaw(offset, chunk);
                await stream.WriteAsync(chunk.AsMemory(0, count));
                offset += count;
                transfer.Sent(offset);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}

internal enum SnapshotDelivery
{
    /// <summary>The follower has it and has taken it over.</summary>
    Delivered,

    /// <summary>The follower, or the way to it.</summary>
    Failed,

    /// <summary>The file that was to be sent.</summary>
    Damaged,
}
