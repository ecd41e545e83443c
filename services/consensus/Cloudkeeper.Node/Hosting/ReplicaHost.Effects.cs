using Cloudkeeper.Node.Peers;
using Cloudkeeper.Node.Storage;
using Cloudkeeper.Protocol;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica;
using Cloudkeeper.Storage;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Hosting;

/// <summary>The replica's effects on the world around it: messages, writes, snapshots, the feed.</summary>
internal sealed partial class ReplicaHost
{
    void IReplicaHost.Send(RaftMessage message)
    {
        if (message is SnapshotRequest snapshot)
        {
            _work.Begin(stopping => SendSnapshotAsync(snapshot, stopping));
        }
        else
        {
            _links.Send(message, _replica.FindMember(message.To));
        }
    }

    void IReplicaHost.Persist(RaftWrite write) => _log.Enqueue(write);

    void IReplicaHost.CompactLog(LogIndex keepFrom) => _log.Compact(keepFrom);

    void IReplicaHost.Applied(StateMachine machine, Revision revision) => _feed.Publish(machine);

    void IReplicaHost.DigestDiffers(LogIndex index, ulong own, ulong stamped)
    {
        _metrics.DigestDiffered();
        _inquiry.Begin(this, index);
    }

    ISnapshotSink IReplicaHost.CreateSnapshot(SnapshotMetadata metadata)
    {
        var sink = new SnapshotFileSink(
            _storage.Snapshots,
            metadata,
            _replica.SnapshotsKept,
            wantsMore: QueueSnapshotStep,
            stored: (succeeded, elapsed) =>
            {
                if (succeeded)
                {
                    _metrics.SnapshotStored(elapsed);
                }

                Post(r => r.SnapshotStored(metadata, succeeded));
            },
            fatal: _fatal.Stop);
        _work.Begin(sink.RunAsync);
        return sink;
    }

    /// <summary>One block of a snapshot at a time, each behind the inputs that have been posted meanwhile.</summary>
    private void QueueSnapshotStep()
    {
        if (Interlocked.Exchange(ref _snapshotStepQueued, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static self =>
                {
                    Volatile.Write(ref self._snapshotStepQueued, 0);
                    self.Post(static r => r.ContinueSnapshot());
                },
                this,
                preferLocal: false);
        }
    }

    /// <summary>The reads of the next turn, which comes behind the inputs that have been posted meanwhile.</summary>
    private void QueueReads()
    {
        if (Interlocked.Exchange(ref _readsQueued, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static self =>
                {
                    Volatile.Write(ref self._readsQueued, 0);
                    self.Post(static _ => { });
                },
                this,
                preferLocal: false);
        }
    }

    private async Task SendSnapshotAsync(SnapshotRequest request, CancellationToken stopping)
    {
        var delivery = SnapshotDelivery.Failed;
        try
        {
            if (_links.SnapshotAddress(request.To, _replica.FindMember(request.To)) is { } address)
            {
                delivery = await Transfers.SendAsync(request, address, stopping);
            }
        }
        catch (StorageFailedException e)
        {
            _fatal.Stop(e);
        }

        Post(r => r.SnapshotTransferred(request.To, request.Snapshot.Index, delivery == SnapshotDelivery.Delivered));
        if (delivery == SnapshotDelivery.Damaged)
        {
            Post(r => r.SnapshotDamaged(request.Snapshot.Index));
        }
    }
}
