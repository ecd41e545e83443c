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
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Peers;

/// <summary>
/// Moves whole snapshots between members, beside the message streams. The receiver makes the file durable, verifies it
/// and loads it before Raft gets to know of it (bugs B-52, B-56).
/// </summary>
internal sealed partial class SnapshotTransfers(
    NodeStorage storage,
    PeerClient peers,
    TimeProvider time,
    ILogger<SnapshotTransfers> logger) : IDisposable
{
    private const int ChunkBytes = 256 << 10;

    /// <summary>The disk is looked at each time so many bytes have come: others take room as well.</summary>
    private const int RoomLookBytes = 16 << 20;

    /// <summary>A member that refuses a snapshot is not sent it again at once.</summary>
    private static readonly TimeSpan RefusalPause = TimeSpan.FromMilliseconds(500);

    private readonly SnapshotUploads _uploads = new();
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

            // The file goes out as it is; the receiver checks every byte. Is the file damaged?
            if (response.StatusCode != HttpStatusCode.BadRequest
                || await Task.Run(() => storage.Snapshots.IsIntact(request.Snapshot), cancellationToken))
            {
                await Task.Delay(RefusalPause, time, cancellationToken);
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

    /// <summary>Stores, verifies and loads a leader's snapshot, then hands it to the replica.</summary>
    /// <param name="bytes">How long it is announced to be; null: it is not.</param>
    /// <returns>Why it is not taken; null: it is.</returns>
    /// <exception cref="StorageException">
    /// It is not the one that was announced, or the disk has no room for it or fails.
    /// </exception>
    public async Task<PeerRefusal?> ReceiveAsync(
        SnapshotRequest request,
        long? bytes,
        PipeReader body,
        ReplicaHost replica,
        PeerIdentity peer,
        CancellationToken cancellationToken)
    {
        if (bytes > storage.Room.ForReceivedSnapshot)
        {
            throw new StorageFullException($"There is no room here for a snapshot of {bytes} bytes.");
        }

        if (request.Term.Value < replica.State.Term || _uploads.TryBegin(request.From, request.Term) is not { } upload)
        {
            return new PeerRefusal(StatusCodes.Status409Conflict, $"The leader of term {request.Term} does not lead any more.");
        }

        using (upload)
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, upload.Replaced))
        {
            try
            {
                return await ReceiveAsync(request, body, replica, peer, either.Token);
            }
            catch (OperationCanceledException) when (upload.Replaced.IsCancellationRequested)
            {
                return new PeerRefusal(StatusCodes.Status409Conflict, "Another snapshot is taken instead.");
            }
        }
    }

    public void Dispose() => _receiving.Dispose();

    /// <remarks>
    /// One at a time: a snapshot that has been taken over is not given up, and the next one waits for it.
    /// </remarks>
    private async Task<PeerRefusal?> ReceiveAsync(
        SnapshotRequest request, PipeReader body, ReplicaHost replica, PeerIdentity peer, CancellationToken cancellationToken)
    {
        await _receiving.WaitAsync(cancellationToken);
        try
        {
            using var receiver = storage.Snapshots.Receive();
            if (await CopyAsync(body, receiver, cancellationToken) is { } refusal)
            {
                return refusal;
            }

            // Seconds of work for a large tree: not on the thread that brought the last bytes.
            var machine = await Task.Run(() => Load(receiver), cancellationToken);
            if (await replica.JudgeAsync(request, peer) is var result and not StepResult.Taken)
            {
                return PeerRefusal.Of(result);
            }

            await Task.Run(() => receiver.Commit(request.Snapshot), cancellationToken);
            await replica.InstallAsync(request, machine);
            return null;
        }
        finally
        {
            _receiving.Release();
        }
    }

    private static StateMachine Load(SnapshotFileReceiver receiver)
    {
        using var reader = receiver.OpenRead();
        return StateFile.Load(reader, "The snapshot of a peer");
    }

    /// <returns>Not null: it has stalled.</returns>
    private async Task<PeerRefusal?> CopyAsync(
        PipeReader body, SnapshotFileReceiver receiver, CancellationToken cancellationToken)
    {
        using var pace = new UploadPace(time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, pace.Stalled);
        var looked = 0L;
        try
        {
            while (true)
            {
                var result = await body.ReadAsync(either.Token);
                foreach (var segment in result.Buffer)
                {
                    receiver.Write(segment.Span);
                }

                pace.Came(result.Buffer.Length);
                body.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    return null;
                }

                if (receiver.Length - looked >= RoomLookBytes)
                {
                    looked = receiver.Length;
                    ThrowIfFull();
                }
            }
        }
        catch (OperationCanceledException) when (pace.Stalled.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return PeerRefusal.Stalled;
        }
    }

    private void ThrowIfFull()
    {
        if (storage.Room.ForReceivedSnapshot == 0)
        {
            throw new StorageFullException("There is no room here for the rest of the snapshot.");
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Sent the snapshot at {Index} ({Bytes} bytes) to node {Peer}: {Status}")]
    private static partial void LogSent(ILogger logger, NodeId peer, LogIndex index, long bytes, int status);

    [LoggerMessage(2, LogLevel.Warning, "Sending the snapshot at {Index} to node {Peer} failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, NodeId peer, LogIndex index, string reason);

    [LoggerMessage(3, LogLevel.Error, "The snapshot at {Index} is damaged on disk, another one is taken")]
    private static partial void LogDamaged(ILogger logger, LogIndex index);

    /// <summary>The announcement behind its length, then the file as it is.</summary>
    private sealed class SnapshotContent : HttpContent
    {
        private readonly SnapshotFileReader _reader;
        private readonly SnapshotTransfer _transfer;
        private readonly ReadOnlyMemory<byte> _announcement;

        public SnapshotContent(SnapshotRequest request, SnapshotFileReader reader, SnapshotTransfer transfer)
        {
            _reader = reader;
            _transfer = transfer;
            var announcement = new ArrayBufferWriter<byte>();
            RaftMessageCodec.Write(announcement, request);
            _announcement = announcement.WrittenMemory;
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var length = new byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(length, _announcement.Length);
            await stream.WriteAsync(length);
            await stream.WriteAsync(_announcement);

            var chunk = new byte[ChunkBytes];
            for (var offset = 0L; offset < _reader.Length;)
            {
                var count = _reader.ReadRaw(offset, chunk);
                await stream.WriteAsync(chunk.AsMemory(0, count));
                offset += count;
                _transfer.Sent(offset);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = sizeof(int) + _announcement.Length + _reader.Length;
            return true;
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
