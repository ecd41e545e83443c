namespace Cloudkeeper.Simulation.Engine;

/// <summary>Virtual time, in microseconds. Events of the same moment happen in random order.</summary>
internal sealed class Scheduler(SimulationRandom random)
{
    public const long Millisecond = 1_000;
    public const long Second = 1_000_000;

    private readonly EventQueue _queue = new();

    public long Now { get; private set; }

    public long EventCount { get; private set; }

    public void After(long delay, Action run) => _queue.Add(Now + Math.Max(0, delay), random.NextUInt64(), run);

    /// <summary>Runs all events that are due until then, and lets the time pass.</summary>
    public void RunUntil(long time)
    {
        while (_queue.NextTime <= time)
        {
            Now = _queue.NextTime;
            EventCount++;
            _queue.Take()();
        }

        Now = time;
    }
}
