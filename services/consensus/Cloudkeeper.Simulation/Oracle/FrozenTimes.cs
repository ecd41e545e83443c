namespace Cloudkeeper.Simulation.Oracle;

/// <summary>When all nodes stood still, in virtual microseconds: no session and no TTL node ages by that.</summary>
internal sealed class FrozenTimes
{
    private readonly List<(long From, long To)> _times = [];

    /// <param name="now">When they stop; if they stand still already they go on doing so.</param>
    /// <param name="from">
    /// The beginning of the time that does not count: a leader may take the time before as one in which it was awake.
    /// </param>
    public void Begin(long now, long from, long to)
    {
        if (_times.Count > 0 && _times[^1].To > now)
        {
            _times[^1] = (_times[^1].From, Math.Max(_times[^1].To, to));
        }
        else
        {
            _times.Add((from, to));
        }
    }

    /// <summary>One of them runs again: the time from now on counts.</summary>
    public void End(long now)
    {
        if (_times.Count > 0 && _times[^1].To > now)
        {
            _times[^1] = (_times[^1].From, now);
        }
    }

    public long Between(long from, long to) =>
        _times.Sum(time => Math.Max(0, Math.Min(to, time.To) - Math.Max(from, time.From)));
}
