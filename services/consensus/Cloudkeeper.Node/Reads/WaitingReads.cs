using Cloudkeeper.Hosting.Memory;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Replica.Reads;

namespace Cloudkeeper.Node.Reads;

/// <summary>A batch of reads on its way through the replica's turns.</summary>
/// <param name="aborted">Once cancelled no client waits for it any more.</param>
internal sealed class WaitingReads(IReadOnlyList<ReadRequest> requests, CancellationToken aborted)
{
    private readonly TaskCompletionSource<ReadsOutcome> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<ReadRequest> Requests => requests;

    public bool IsAbandoned => aborted.IsCancellationRequested;

    /// <summary>Completes once, in every case.</summary>
    public Task<ReadsOutcome> Task => _done.Task;

    public void Refuse(ReadStatus status) => Complete(new ReadsOutcome(status));

    public void Complete(ReadsOutcome outcome) => _done.SetResult(outcome);
}

/// <param name="Status">Unless <see cref="ReadStatus.Ready"/>: why nothing was read.</param>
/// <param name="Revision">Of all results.</param>
/// <param name="Results">In the order of the requests, at least one of them; null: nothing was read.</param>
/// <param name="Lease">Of the answer's bytes, null where they are few. The sender of the answer gives it back.</param>
internal readonly record struct ReadsOutcome(
    ReadStatus Status, Revision Revision = default, IReadOnlyList<ReadResult>? Results = null, MemoryLease? Lease = null)
{
    /// <summary>Of the first read of the batch.</summary>
    public Exception? Failure { get; init; }
}
