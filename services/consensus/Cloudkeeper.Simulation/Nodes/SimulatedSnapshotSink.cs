using Cloudkeeper.Raft;
using Cloudkeeper.Replica;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Invariants.Consensus;
using Cloudkeeper.Simulation.Runs;
using Cloudkeeper.Storage;

namespace Cloudkeeper.Simulation.Nodes;

/// <summary>Writes the blocks of a snapshot beside the log, a step at a time.</summary>
internal sealed class SimulatedSnapshotSink : ISnapshotSink
{
    private const int WaitingMax = 8;

    private readonly NodeProcess _process;
    private readonly SnapshotStore _store;
    private readonly SnapshotMetadata _metadata;
    private readonly int _keep;
    private readonly Queue<byte[]> _blocks = new();
    private SnapshotFileWriter? _file;
    private bool _isBusy;
    private bool _isComplete;
    private bool _isAbandoned;
    private bool _hasFailed;
    private bool _isOver;

    public SimulatedSnapshotSink(NodeProcess process, SnapshotStore store, SnapshotMetadata metadata)
    {
        _process = process;
        _store = store;
        _metadata = metadata;
        _keep = process.Replica.SnapshotsKept;
        process.Trace(TraceKind.SnapshotBegun, metadata.Index.Value);
        Wake();
    }

    public bool WantsMore => _blocks.Count < WaitingMax;

    public void Write(ReadOnlySpan<byte> block)
    {
        _blocks.Enqueue(block.ToArray());
        Wake();
    }

    public void Complete()
    {
        _isComplete = true;
        Wake();
    }

    public void Abandon()
    {
        _isAbandoned = true;
        Wake();
    }

    private void Wake()
    {
        if (!_isBusy && !_isOver)
        {
            _isBusy = true;
            _process.Later(_process.Node.Disk.WriteTime(), Step);
        }
    }

    private void Step()
    {
        _isBusy = false;
        try
        {
            WriteBlocks();
        }
        catch (StorageFullException)
        {
            _hasFailed = true;
        }

        if (_hasFailed)
        {
            // All of it is taken and thrown away; the log in front of the snapshot stays.
            _blocks.Clear();
        }

        if (_isAbandoned)
        {
            End(succeeded: false);
        }
        else if (_isComplete && _blocks.Count == 0)
        {
            _process.Later(_process.Node.Disk.SyncTime(), Commit);
        }
        else
        {
            _process.ContinueSnapshot();
        }
    }

    private void WriteBlocks()
    {
        if (_hasFailed)
        {
            return;
        }

        _file ??= _store.Create(_metadata);
        while (_blocks.TryDequeue(out var block))
        {
            _file.Write(block);
        }
    }

    private void Commit()
    {
        if (_isOver)
        {
            return;
        }

        try
        {
            if (!_hasFailed && !_isAbandoned)
            {
                _file!.Commit();
                _process.View.NoteSnapshot(_metadata.Index);
                Purge();
                End(succeeded: true);
                return;
            }
        }
        catch (StorageFullException)
        {
            _hasFailed = true;
        }

        End(succeeded: false);
    }

    private void Purge()
    {
        var before = _process.Node.Disk.Files.List();
        _store.Purge(_keep);
        var damaged = _store.Damaged.Select(static d => d.File).ToHashSet(StringComparer.Ordinal);
        KeptSnapshots.Purged(_process.Id, before, _process.Node.Disk.Files.List(), damaged, _keep);
    }

    private void End(bool succeeded)
    {
        _isOver = true;
        _file?.Dispose();
        _process.Trace(TraceKind.SnapshotStored, _metadata.Index.Value, succeeded ? 1 : 0);
        _process.World.Totals.Count(succeeded ? Marker.SnapshotsTaken : Marker.SnapshotsFailed);
        _process.Post(r => r.SnapshotStored(_metadata, succeeded));
    }
}
