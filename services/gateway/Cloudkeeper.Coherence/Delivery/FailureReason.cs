namespace Cloudkeeper.Coherence.Delivery;

/// <summary>Why a request has no result.</summary>
public enum FailureReason
{
    /// <summary>No leader answered in time. Nothing was done.</summary>
    NoQuorum,

    /// <summary>Too much waits. Nothing was done.</summary>
    Overloaded,

    /// <summary>There is no room for growth. Nothing was done.</summary>
    StorageFull,

    /// <summary>It is too large by itself. Nothing was done.</summary>
    BodyTooLarge,

    /// <summary>The state machine refused what the request depends on: <see cref="DeliveryFailure.Code"/>.</summary>
    Refused,

    /// <summary>A mistake of the service.</summary>
    InternalError,

    /// <summary>It may have been executed, or may yet be.</summary>
    OutcomeUnknown,
}
