namespace Cloudkeeper.Simulation.Engine;

/// <summary>Virtual time, in microseconds, and what is to happen in it. What is due at once happens in random order.</summary>
internal sealed class Scheduler(SimulationRandom random)
{
    public const long Millisecond = 1_000;
    public const long Second = 1_000_000;

    private readonly PriorityQueue<Action, Moment> _queue = new(1024);

    public long Now { get; private set; }

    public long EventCount { get; private set; }

    public void After(long delay, Action run) => _queue.Enqueue(run, new Moment(Now + Math.Max(0, delay), random.NextUInt64()));

    /// <summary>Runs everything that is due until then, and lets the time pass.</summary>
    public void RunUntil(long time)
    {
        while (_queue.TryPeek(out _, out var moment) && moment.Time <= time)
        {
            Now = moment.Time;
            EventCount++;
            _queue.Dequeue()();
        }

        Now = time;
    }

    private readonly record struct Moment(long Time, ulong Tie) : IComparable<Moment>
    {
        public int CompareTo(Moment other)
        {
            var byTime = Time.CompareTo(other.Time);
            return byTime != 0 ? byTime : Tie.CompareTo(other.Tie);
        }
    }
}
