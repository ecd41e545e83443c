namespace Cloudkeeper.Simulation.Engine;

/// <summary>The history of a run: as a hash of all of it, and the last part in full.</summary>
internal sealed class Trace(Scheduler scheduler, Action<TraceEvent>? listener = null)
{
    private const int Kept = 2_048;

    private readonly TraceEvent[] _last = new TraceEvent[Kept];
    private long _count;

    /// <summary>Two runs with the same hash have gone the same way.</summary>
    public ulong Hash { get; private set; }

    /// <param name="detail">For readers; not part of the hash.</param>
    public void Add(TraceKind kind, int who, long a = 0, long b = 0, object? detail = null)
    {
        var happened = new TraceEvent(scheduler.Now, kind, who, a, b, detail);
        Hash = Engine.Hash.Mix(Engine.Hash.Mix(Hash, scheduler.Now), ((ulong)kind << 32) | (uint)who);
        Hash = Engine.Hash.Mix(Engine.Hash.Mix(Hash, a), b);
        _last[_count++ % Kept] = happened;
        listener?.Invoke(happened);
    }

    public IEnumerable<TraceEvent> Last(int countMax)
    {
        for (var i = Math.Max(0, _count - Math.Min(countMax, Kept)); i < _count; i++)
        {
            yield return _last[i % Kept];
        }
    }
}
