using Cloudkeeper.Protocol.Wire;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Peers;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Network;
using Cloudkeeper.Simulation.Runs;
using Cloudkeeper.Storage;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Nodes;

/// <summary>
/// Takes one snapshot file at a time; Raft gets to know of it when it is durable, verified and loaded.
/// </summary>
internal sealed class SnapshotReceiver(NodeProcess process, NodeStorage storage)
{
    private SnapshotFileReceiver? _file;
    private long _transfer;
    private long _lastHeard;
    private bool _isInstalling;
    private long _installed;

    public void OnChunk(ChunkEnvelope chunk)
    {
        if (chunk.Transfer == _installed)
        {
            Answer(chunk, ChunkStatus.Installed);
            return;
        }

        if (chunk.Transfer != _transfer && !TryBegin(chunk))
        {
            return;
        }

        if (_isInstalling)
        {
            return;
        }

        _lastHeard = process.World.Scheduler.Now;
        if (chunk.Offset == _file!.Length && !TryWrite(chunk))
        {
            return;
        }

        if (chunk.IsLast && _file.Length == chunk.Offset + chunk.Bytes.Length)
        {
            _isInstalling = true;
            process.Later(process.Node.Disk.SyncTime(), () => Commit(chunk));
        }
        else
        {
            Answer(chunk, ChunkStatus.More);
        }
    }

    private bool TryBegin(ChunkEnvelope chunk)
    {
        var isIdle = process.World.Scheduler.Now - _lastHeard > process.World.Options.ElectionTimeout;
        if (chunk.Offset > 0 || _isInstalling || (_file is not null && !isIdle) || !IsHeard(chunk))
        {
            Answer(chunk, ChunkStatus.Refused);
            return false;
        }

        try
        {
            if (_file is not null)
            {
                process.World.Totals.Count(Marker.SnapshotTransfersInterrupted);
                _file.Dispose();
            }

            _file = storage.Snapshots.Receive();
        }
        catch (StorageFullException)
        {
            // The one before goes no further either.
            _file = null;
            _transfer = 0;
            Answer(chunk, ChunkStatus.Refused);
            return false;
        }

        _transfer = chunk.Transfer;
        return true;
    }

    /// <summary>Before a byte of it is stored.</summary>
    private bool IsHeard(ChunkEnvelope chunk)
    {
        try
        {
            var request = RaftMessageCodec.ReadFrom(chunk.Header.From, process.Id, chunk.Announcement);
            var result = process.Replica.Judge(request);
            if (result == StepResult.Unproven)
            {
                process.Trust.Ask();
            }

            return request is SnapshotRequest && result == StepResult.Taken;
        }
        catch (WireFormatException)
        {
            process.World.Totals.Count(Marker.HostileFramesRefused);
            return false;
        }
    }

    private bool TryWrite(ChunkEnvelope chunk)
    {
        try
        {
            _file!.Write(chunk.Bytes);
            process.World.SnapshotBytes += chunk.Bytes.Length;
            return true;
        }
        catch (StorageFullException)
        {
            Abort(chunk);
            return false;
        }
    }

    private void Commit(ChunkEnvelope chunk)
    {
        var request = (SnapshotRequest)RaftMessageCodec.Read(chunk.Announcement);
        StateMachine machine;
        try
        {
            machine = storage.LoadReceived(_file!, request.Snapshot);
            _file!.Commit(request.Snapshot);
        }
        catch (StorageException e) when (e is StorageFullException or StorageCorruptedException)
        {
            process.World.Totals.Count(Marker.DamagedSnapshotsRefused, e is StorageCorruptedException ? 1 : 0);
            Abort(chunk);
            return;
        }

        process.Later(process.Node.Disk.WriteTime(), () => Install(chunk, request, machine));
    }

    private void Install(ChunkEnvelope chunk, SnapshotRequest request, StateMachine machine)
    {
        _file!.Dispose();
        _file = null;
        process.World.Checks.Loaded(process, request.Snapshot.Index, machine);
        process.Trace(TraceKind.SnapshotReceived, request.Snapshot.Index.Value);
        process.Post(r =>
        {
            r.ReceiveSnapshot(request, machine);
            _isInstalling = false;
            _installed = chunk.Transfer;
            Answer(chunk, ChunkStatus.Installed);
        });
    }

    private void Abort(ChunkEnvelope chunk)
    {
        _file?.Dispose();
        _file = null;
        _isInstalling = false;
        _transfer = 0;
        Answer(chunk, ChunkStatus.Refused);
    }

    private void Answer(ChunkEnvelope chunk, ChunkStatus status) => process.World.Network.Send(
        new ChunkAnswerEnvelope(process.Node.Address, chunk.From, chunk.Transfer, _file?.Length ?? 0, status));
}
