using Cloudkeeper.Protocol.Errors;

namespace Cloudkeeper.Coherence.Delivery;

/// <param name="Code">Of <see cref="FailureReason.Refused"/>.</param>
public readonly record struct DeliveryFailure(FailureReason Reason, ResultCode Code = default)
{
    public static implicit operator DeliveryFailure(FailureReason reason) => new(reason);

    public static DeliveryFailure FromFailureReason(FailureReason reason) => new(reason);
}
