using System.Threading.Tasks.Sources;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>A request that waits in a queue or in a batch under way. Completed once, by the queue's owner.</summary>
/// <remarks>
/// Continuations run where it is completed: <see cref="Batcher{TRequest,TResult}"/> decides on which thread that is.
/// </remarks>
internal sealed class Pending<TRequest, TResult>(TRequest request, int bytes, long answerBytes, long deadline)
    : IValueTaskSource<TResult>
{
    private ManualResetValueTaskSourceCore<TResult> _source;

    public TRequest Request => request;

    /// <summary>What it takes in a batch.</summary>
    public int Bytes => bytes;

    /// <summary>What it may take in the answer, where that is known before; else 0.</summary>
    public long AnswerBytes => answerBytes;

    /// <summary>When its client must have an answer, in the clock's timestamps.</summary>
    public long Deadline => deadline;

    public bool IsCompleted { get; private set; }

    public ValueTask<TResult> Task => new(this, _source.Version);

    public void Complete(TResult result)
    {
        IsCompleted = true;
        _source.SetResult(result);
    }

    public void Fail(Exception reason)
    {
        IsCompleted = true;
        _source.SetException(reason);
    }

    TResult IValueTaskSource<TResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<TResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<TResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
