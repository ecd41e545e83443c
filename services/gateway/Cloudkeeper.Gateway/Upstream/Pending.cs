using System.Threading.Tasks.Sources;
using Cloudkeeper.Coherence.Delivery;
using Cloudkeeper.Gateway.Errors;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>A request that waits for its result, as a task.</summary>
/// <remarks>
/// Continuations run where it is completed: <see cref="BatchSender{TRequest,TResult}"/> decides on which thread that is.
/// </remarks>
internal sealed class Pending<TRequest, TResult>(TRequest request, int bytes, long answerBytes, long deadline)
    : Waiting<TRequest, TResult>(request, bytes, answerBytes, deadline), IValueTaskSource<TResult>
{
    private ManualResetValueTaskSourceCore<TResult> _source;

    public ValueTask<TResult> Task => new(this, _source.Version);

    TResult IValueTaskSource<TResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<TResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<TResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    protected override void OnCompleted(TResult result) => _source.SetResult(result);

    protected override void OnFailed(DeliveryFailure failure) => _source.SetException(new ProblemException(KindOf(failure)));

    private static ErrorKind KindOf(DeliveryFailure failure) => failure.Reason switch
    {
        FailureReason.NoQuorum => ErrorKinds.NoQuorum,
        FailureReason.Overloaded => ErrorKinds.Overloaded,
        FailureReason.StorageFull => ErrorKinds.StorageFull,
        FailureReason.BodyTooLarge => ErrorKinds.BodyTooLarge,
        FailureReason.OutcomeUnknown => ErrorKinds.OutcomeUnknown,
        FailureReason.Refused => ErrorKinds.Of(failure.Code),
        _ => ErrorKinds.InternalError,
    };
}
