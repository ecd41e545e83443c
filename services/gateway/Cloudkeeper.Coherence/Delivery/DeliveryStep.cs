namespace Cloudkeeper.Coherence.Delivery;

/// <summary>What the driver of a delivery does next.</summary>
public enum DeliveryStep
{
    /// <summary>Nothing: no request waits. <see cref="BatchDelivery{TRequest,TResult}.Next"/> once one has come.</summary>
    Rest,

    /// <summary>
    /// Sends <see cref="BatchDelivery{TRequest,TResult}.Body"/> to the member that is asked first, and reports what it came
    /// to: <see cref="BatchDelivery{TRequest,TResult}.Returned"/>.
    /// </summary>
    Send,

    /// <summary>
    /// Waits for <see cref="RetryPause"/>, or until a new leader is known:
    /// <see cref="BatchDelivery{TRequest,TResult}.Resume"/>.
    /// </summary>
    Pause,

    /// <summary>
    /// Completes the requests of <see cref="BatchDelivery{TRequest,TResult}.Batch"/> with
    /// <see cref="BatchDelivery{TRequest,TResult}.Results"/>: <see cref="BatchDelivery{TRequest,TResult}.Next"/>.
    /// </summary>
    Answer,

    /// <summary>The batch is over without results: <see cref="BatchDelivery{TRequest,TResult}.Next"/>.</summary>
    Over,
}
