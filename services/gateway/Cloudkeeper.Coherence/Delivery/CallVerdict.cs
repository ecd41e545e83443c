namespace Cloudkeeper.Coherence.Delivery;

/// <summary>What follows from a call without an answer. One table for gateways and the simulation.</summary>
/// <param name="Reason">What a client is told whose time is up, as far as nothing was done.</param>
/// <param name="IsFinal">Another attempt would not help.</param>
public readonly record struct CallVerdict(CallEffect Effect, FailureReason Reason, bool IsFinal, MemberAdvice Advice)
{
    /// <summary>The member that was asked is not the one to ask.</summary>
    public static bool IsDoubtful(CallResult result) =>
        result != CallResult.Answered && Of(result).Advice == MemberAdvice.Another;

    /// <exception cref="ArgumentOutOfRangeException">There is an answer.</exception>
    public static CallVerdict Of(CallResult result) => result switch
    {
        CallResult.Misdirected or CallResult.KeyRefused or CallResult.NoQuorum or CallResult.Unreachable =>
            new(CallEffect.None, FailureReason.NoQuorum, false, MemberAdvice.Another),
        CallResult.Overloaded => new(CallEffect.None, FailureReason.Overloaded, false, MemberAdvice.Same),
        CallResult.NoRoom => new(CallEffect.NoneOfThis, FailureReason.StorageFull, true, MemberAdvice.Same),
        CallResult.TooMuch => new(CallEffect.NoneOfThis, FailureReason.BodyTooLarge, true, MemberAdvice.Same),
        CallResult.Malformed => new(CallEffect.NoneOfThis, FailureReason.InternalError, true, MemberAdvice.Same),
        CallResult.Refused => new(CallEffect.None, FailureReason.InternalError, true, MemberAdvice.Same),
        CallResult.Undecided or CallResult.Lost =>
            new(CallEffect.Unknown, FailureReason.NoQuorum, false, MemberAdvice.Another),
        CallResult.Failed => new(CallEffect.Unknown, FailureReason.InternalError, true, MemberAdvice.Same),
        _ => throw new ArgumentOutOfRangeException(nameof(result), result, null),
    };
}
