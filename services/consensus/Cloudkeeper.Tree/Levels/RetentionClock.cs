namespace Cloudkeeper.Tree.Levels;

/// <summary>
/// By this clock results and ended sessions are kept. It advances by what passes between the stamps of two entries, at
/// most ten seconds and never back.
/// </summary>
/// <remarks>
/// Log time, the largest stamp so far, would not do: under a leader whose clock is an hour ahead it jumps that hour, drops
/// the idempotency keys of the last minutes, and a repeat is executed twice. Here such a leader costs ten seconds, however
/// often the clocks change. When entries are rarer than every ten seconds things are kept longer than they had to be.
/// </remarks>
internal sealed class RetentionClock
{
    public const long StepMillisecondsMax = 10_000;

    /// <summary>Milliseconds since no moment in particular: log time's value when the cluster went over to this clock.</summary>
    public long Time { get; set; }

    /// <summary>Of the last entry, whichever way its leader's clock goes wrong: one error is not counted twice.</summary>
    public long LastStamp { get; set; }

    /// <param name="logTime">What counts before feature level 2.</param>
    public void Advance(int level, long stamp, long logTime)
    {
        Time = level < FeatureLevels.RetentionClock
            ? logTime
            : Time + Math.Clamp(stamp - LastStamp, 0, StepMillisecondsMax);
        LastStamp = stamp;
    }
}
