namespace Cloudkeeper.Hosting.Memory;

/// <summary>How fast bytes have to come or go on the whole, once the time of grace is over.</summary>
/// <param name="BytesPerSecond">0: no limit.</param>
/// <param name="BytesPerSecondUnderPressure">
/// While half of the bytes that may be in flight are: slow clients must not keep for hours what others need now.
/// </param>
/// <param name="StallMax">
/// The longest pause without a byte, however fast the transfer was before: a fast gigabyte does not earn days of
/// silence.
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
