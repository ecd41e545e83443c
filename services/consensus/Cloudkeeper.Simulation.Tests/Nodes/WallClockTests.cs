using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Nodes;

namespace Cloudkeeper.Simulation.Tests.Nodes;

public sealed class WallClockTests
{
    [Fact]
    public void It_jumps_runs_at_another_speed_and_stands()
    {
        var scheduler = new Scheduler(new SimulationRandom(1));
        var clock = new WallClock(scheduler);
        scheduler.RunUntil(2 * Scheduler.Second);
        Assert.Equal(2_000, clock.Now);

        clock.Jump(-3_600_000);
        Assert.Equal(-3_598_000, clock.Now);

        clock.Run(2);
        scheduler.RunUntil(3 * Scheduler.Second);
        Assert.Equal(-3_596_000, clock.Now);

        clock.Run(0);
        scheduler.RunUntil(9 * Scheduler.Second);
        Assert.Equal(-3_596_000, clock.Now);
    }
}
