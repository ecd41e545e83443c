using System.Buffers;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Peers;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Network;
using Cloudkeeper.Simulation.Runs;
using Cloudkeeper.Storage;

namespace Cloudkeeper.Simulation.Nodes;

/// <summary>Sends snapshot files to followers, a chunk at a time, each as often as it takes.</summary>
internal sealed class SnapshotSender(NodeProcess process, SnapshotStore store)
{
    private const int AttemptsMax = 5;

    private readonly Dictionary<long, Transfer> _transfers = [];

    public void Send(SnapshotRequest request, int address)
    {
        SnapshotFileReader reader;
        try
        {
            reader = store.OpenRead(request.Snapshot);
        }
        catch (FileNotFoundException)
        {
            // Purged since the message was made.
            Report(request, succeeded: false);
            return;
        }
        catch (StorageCorruptedException)
        {
            Report(request, succeeded: false);
            ReportDamage(request);
            return;
        }

        var announcement = new ArrayBufferWriter<byte>();
        RaftMessageCodec.Write(announcement, request);
        var transfer = new Transfer(process.World.NextId(), request, address, announcement.WrittenSpan.ToArray(), reader);
        _transfers.Add(transfer.Id, transfer);
        process.Trace(TraceKind.SnapshotSent, request.To.Value, request.Snapshot.Index.Value);
        SendChunk(transfer);
    }

    public void OnAnswer(ChunkAnswerEnvelope answer)
    {
        if (!_transfers.TryGetValue(answer.Transfer, out var transfer))
        {
            return;
        }

        switch (answer.Status)
        {
            case ChunkStatus.Installed:
                End(transfer, succeeded: true);
                break;
            case ChunkStatus.Refused:
                End(transfer, succeeded: false);
                Verify(transfer);
                break;
            case ChunkStatus.More when answer.Offset > transfer.Offset:
                transfer.Offset = answer.Offset;
                transfer.Attempts = 0;
                SendChunk(transfer);
                break;
        }
    }

    private void SendChunk(Transfer transfer)
    {
        var rest = transfer.Reader.Length - transfer.Offset;
        var chunk = new byte[Math.Min(rest, process.World.Options.ChunkBytes)];
        transfer.Reader.ReadRaw(transfer.Offset, chunk);
        process.World.Network.Send(new ChunkEnvelope(
            process.Node.Address,
            transfer.Address,
            process.HeaderTo(transfer.Request.To),
            transfer.Id,
            transfer.Announcement,
            transfer.Offset,
            chunk,
            IsLast: chunk.Length == rest));
        var attempt = ++transfer.Attempts;
        var offset = transfer.Offset;
        process.Later(process.World.Options.ElectionTimeout, () => Retry(transfer, offset, attempt));
    }

    private void Retry(Transfer transfer, long offset, int attempt)
    {
        if (!_transfers.ContainsKey(transfer.Id) || transfer.Offset != offset || transfer.Attempts != attempt)
        {
            return;
        }

        if (attempt < AttemptsMax)
        {
            SendChunk(transfer);
        }
        else
        {
            End(transfer, succeeded: false);
        }
    }

    /// <summary>
    /// A member that refuses a snapshot may have found it damaged: then it is the sender's disk that has rotted.
    /// </summary>
    private void Verify(Transfer transfer)
    {
        try
        {
            if (!store.IsIntact(transfer.Request.Snapshot))
            {
                ReportDamage(transfer.Request);
            }
        }
        catch (FileNotFoundException)
        {
            // Purged meanwhile.
        }
    }

    private void ReportDamage(SnapshotRequest request)
    {
        process.World.Totals.Count(Marker.DamagedSnapshotsNotSent);
        process.Post(r => r.SnapshotDamaged(request.Snapshot.Index));
    }

    private void End(Transfer transfer, bool succeeded)
    {
        _transfers.Remove(transfer.Id);
        transfer.Reader.Dispose();
        Report(transfer.Request, succeeded);
    }

    private void Report(SnapshotRequest request, bool succeeded)
    {
        if (!succeeded)
        {
            process.World.Totals.Count(Marker.SnapshotTransfersFailed);
        }

        process.Post(r => r.SnapshotTransferred(request.To, request.Snapshot.Index, succeeded));
    }

    private sealed class Transfer(
        long id, SnapshotRequest request, int address, byte[] announcement, SnapshotFileReader reader)
    {
        public long Id { get; } = id;

        /// <summary>The machine of the follower.</summary>
        public int Address { get; } = address;

        public SnapshotRequest Request { get; } = request;

        public byte[] Announcement { get; } = announcement;

        public SnapshotFileReader Reader { get; } = reader;

        public long Offset { get; set; }

        public int Attempts { get; set; }
    }
}
