using Cloudkeeper.Simulation.Engine;

namespace Cloudkeeper.Simulation.Nodes;

/// <summary>A machine's time of day: it may jump, run at another speed, or stand.</summary>
internal sealed class WallClock(Scheduler scheduler)
{
    private double _rate = 1;
    private long _since;
    private long _offset;

    /// <summary>Milliseconds since time 0 of the run.</summary>
    public long Now => _offset + (long)((scheduler.Now - _since) * _rate / Scheduler.Millisecond);

    public void Jump(long milliseconds) => Set(Now + milliseconds, _rate);

    public void Run(double rate) => Set(Now, rate);

    private void Set(long now, double rate) => (_offset, _since, _rate) = (now, scheduler.Now, rate);
}
