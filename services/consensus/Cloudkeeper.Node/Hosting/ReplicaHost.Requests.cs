using Cloudkeeper.Node.Reads;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Protocol.Sessions;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica;
using Cloudkeeper.Replica.Commands;
using Cloudkeeper.Replica.Members;
using Cloudkeeper.Replica.Reads;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Hosting;

/// <summary>
/// The endpoints' requests to the replica: each waits for its turn, and gets its answer when it is known.
/// </summary>
internal sealed partial class ReplicaHost
{
    public Task<SubmitOutcome> SubmitAsync(byte[] payload)
    {
        var done = new TaskCompletionSource<SubmitOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(r => r.Submit(payload, done.SetResult));
        return done.Task;
    }

    /// <summary>Reads a batch, or as much of it as has room, when it may be done and it is its turn.</summary>
    public Task<ReadsOutcome> ReadAsync(ReadBatch batch, CancellationToken cancellationToken)
    {
        var waiting = new WaitingReads(batch.Requests, cancellationToken);
        Post(r => r.Read(batch.Consistency, batch.MinRevision, outcome =>
        {
            if (outcome.Status == ReadStatus.Ready)
            {
                _reads.Add(waiting);
            }
            else
            {
                waiting.Refuse(outcome.Status);
            }
        }));
        return waiting.Task;
    }

    /// <summary>Reads when it may be done; <paramref name="read"/> runs on the replica's turn, and must be short.</summary>
    public Task<(ReadStatus Status, T? Result)> ReadAsync<T>(
        ReadConsistency consistency,
        Revision minRevision,
        Func<ReplicaNode, T> read)
    {
        var done = new TaskCompletionSource<(ReadStatus, T?)>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(r => r.Read(consistency, minRevision, outcome =>
            done.SetResult((outcome.Status, outcome.Status == ReadStatus.Ready ? read(r) : default))));
        return done.Task;
    }

    /// <inheritdoc cref="ReplicaNode.ReadPoint"/>
    public Task<(ReadStatus Status, Revision Revision)> ReadIndexAsync()
    {
        var done = new TaskCompletionSource<(ReadStatus, Revision)>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(r => r.ReadPoint((status, revision) => done.SetResult((status, revision))));
        return done.Task;
    }

    /// <summary>Asks the replica for a change of members or leader; it answers when the outcome is known.</summary>
    public Task<ChangeOutcome> ChangeAsync(Action<ReplicaNode, Action<ChangeOutcome>> change)
    {
        var done = new TaskCompletionSource<ChangeOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(r => change(r, done.SetResult));
        return done.Task;
    }

    public Task<IReadOnlyList<KeepaliveResult>?> KeepaliveAsync(IReadOnlyList<SessionId> sessions)
    {
        var done = new TaskCompletionSource<IReadOnlyList<KeepaliveResult>?>(
            TaskCreationOptions.RunContinuationsAsynchronously);
        Post(r => r.Keepalive(sessions, done.SetResult));
        return done.Task;
    }

    /// <summary>A durable snapshot that contains all entries up to one; null: there is no room for it.</summary>
    public Task<SnapshotMetadata?> SnapshotAsync(LogIndex through)
    {
        var done = new TaskCompletionSource<SnapshotMetadata?>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(r => r.RequestSnapshot(through, done.SetResult));
        return done.Task;
    }

    /// <summary>The file of a snapshot has turned out to be damaged: the replica makes another one.</summary>
    public Task SnapshotDamagedAsync(LogIndex index) => AskAsync(r =>
    {
        r.SnapshotDamaged(index);
        return true;
    });

    /// <summary>Looks at the replica on its turn.</summary>
    public Task<T> AskAsync<T>(Func<ReplicaNode, T> question) => _turns.PostAsync(() => question(_replica));

    public Task InstallAsync(SnapshotRequest request, StateMachine machine) => AskAsync(r =>
    {
        r.ReceiveSnapshot(request, machine);
        return true;
    });
}
