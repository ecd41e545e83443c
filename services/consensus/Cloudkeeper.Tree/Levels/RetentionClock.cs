namespace Cloudkeeper.Tree.Levels;

/// <summary>
/// By this clock results, ended sessions and TTL nodes are kept. It never goes back, and no clock that can be set moves it:
/// it advances by the time that leaders have been awake.
/// </summary>
/// <remarks>
/// Log time, the largest stamp so far, would not do: under a leader whose clock is an hour ahead it jumps that hour, drops
/// the idempotency keys of the last minutes, and a repeat is executed twice; when that clock is set right again it stands
/// still for the hour. What passes between the last entry of one leader and the first one of the next is not counted, nor
/// still for the hour. The time between the last entry of one leader and the first one of the next is not counted, nor
/// is a time in which all are down: things are kept longer then. At feature levels 2 and 3 it advanced by the time
/// </remarks>
internal sealed class RetentionClock
{
    public const long StepMillisecondsMax = 10_000;

    /// <summary>Milliseconds since no moment in particular: log time's value when the cluster went over to this clock.</summary>
    public long Time { get; set; }

    /// <summary>
    /// Of the last entry, in whichever way its leader's clock goes wrong: one error is not counted twice.
    /// </summary>
    public long LastStamp { get; set; }

    /// <summary>
    /// Of the last entry that recorded how long its leader had been awake; 0: there is none of this cluster.
    /// </summary>
    public long LastTerm { get; set; }

    public long LastAwake { get; set; }

    /// <param name="logTime">The time that counts before feature level 2.</param>
    public void Advance(int level, long term, EntryStamp stamp, long logTime)
    {
        Time = level switch
        {
            < FeatureLevels.RetentionClock => logTime,
            < FeatureLevels.AwakeClock =>
                Time + Math.Clamp(stamp.UnixMilliseconds - LastStamp, 0, StepMillisecondsMax),
            _ => TimeAt(term, stamp.AwakeMilliseconds),
        };
        LastStamp = stamp.UnixMilliseconds;
        if (level >= FeatureLevels.AwakeClock && stamp.AwakeMilliseconds is { } awake)
        {
            (LastTerm, LastAwake) = (term, awake);
        }
    }

    /// <summary>Its time behind an entry, from feature level 4 on.</summary>
    /// <param name="awake">Null: an entry of a leader that did not know of the level yet.</param>
    public long TimeAt(long term, long? awake) =>
        term == LastTerm && awake is { } now ? Time + Math.Max(0, now - LastAwake) : Time;

    /// <summary>Whether so much of this leader's time is not counted yet that it should not be lost with it.</summary>
    public bool IsBehind(long term, long awake) => term != LastTerm || awake - LastAwake >= StepMillisecondsMax;
}
