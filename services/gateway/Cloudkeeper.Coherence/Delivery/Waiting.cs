using Cloudkeeper.Protocol;

namespace Cloudkeeper.Coherence.Delivery;

/// <summary>A request between its client and the members. It ends once.</summary>
/// <param name="bytes">What it takes in a batch.</param>
/// <param name="answerBytes">What it may take in the answer, where that is known before; else 0.</param>
/// <param name="deadline">When its client must have an answer, in the driver's ticks.</param>
public abstract class Waiting<TRequest, TResult>(TRequest request, int bytes, long answerBytes, long deadline)
{
    public TRequest Request { get; } = request;

    public int Bytes { get; } = bytes;

    public long AnswerBytes { get; } = answerBytes;

    public long Deadline { get; } = deadline;

    public bool IsEnded { get; private set; }

    /// <summary>Under which it was sent on its lane; 0: not yet, or certainly without effect.</summary>
    internal long Serial { get; private set; }

    public void Complete(TResult result)
    {
        IsEnded = true;
        OnCompleted(result);
    }

    public void Fail(DeliveryFailure failure)
    {
        IsEnded = true;
        OnFailed(failure);
    }

    internal void SendAs(LaneId lane, long serial)
    {
        Serial = serial;
        OnNumbered(lane, serial);
    }

    /// <summary>It certainly had no effect: its number is given to another request.</summary>
    internal void TakeBack()
    {
        if (Serial > 0)
        {
            Serial = 0;
            OnTakenBack();
        }
    }

    protected abstract void OnCompleted(TResult result);

    protected abstract void OnFailed(DeliveryFailure failure);

    /// <summary>It goes out under this number.</summary>
    protected virtual void OnNumbered(LaneId lane, long serial)
    {
    }

    /// <summary>The number under which it went out means another request from now on.</summary>
    protected virtual void OnTakenBack()
    {
    }
}
