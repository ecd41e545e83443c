namespace Cloudkeeper.Hosting.Memory;

/// <summary>How fast bytes have to come or go on the whole, once they have had the time of grace.</summary>
/// <param name="BytesPerSecond">0: as slowly as they like.</param>
/// <param name="BytesPerSecondUnderPressure">
/// While half of what there may be in flight is: so that the slow do not keep for hours what others need now.
/// </param>
/// <param name="StallMax">
/// For so long nothing may come or go at all, however fast it was before: who was quick for a gigabyte has not earned days.
/// </param>
public readonly record struct PaceRule(
    double BytesPerSecond, double BytesPerSecondUnderPressure, TimeSpan Grace, TimeSpan StallMax)
{
    /// <param name="waited">For how long the other side was waited for, in all.</param>
    /// <param name="waiting">Since when it is waited for now.</param>
    public bool IsTooSlow(long bytes, TimeSpan waited, TimeSpan waiting, bool isUnderPressure)
    {
        var least = isUnderPressure ? Math.Max(BytesPerSecond, BytesPerSecondUnderPressure) : BytesPerSecond;
        return waiting > StallMax || (waited > Grace && bytes < least * waited.TotalSeconds);
    }
}
