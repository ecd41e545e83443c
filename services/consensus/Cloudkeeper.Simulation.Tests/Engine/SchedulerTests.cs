using Cloudkeeper.Simulation.Engine;

namespace Cloudkeeper.Simulation.Tests.Engine;

public sealed class SchedulerTests
{
    [Fact]
    public void Events_come_in_the_order_of_their_times()
    {
        var scheduler = new Scheduler(new SimulationRandom(1));
        var random = new SimulationRandom(2);
        var times = new List<long>();
        for (var i = 0; i < 5_000; i++)
        {
            scheduler.After(random.Next(1_000), () => times.Add(scheduler.Now));
        }

        scheduler.RunUntil(2_000);
        Assert.Equal(5_000, times.Count);
        Assert.Equal(times.Order(), times);
        Assert.Equal(2_000, scheduler.Now);
    }

    [Fact]
    public void Events_of_one_moment_come_in_any_order()
    {
        var orders = new HashSet<string>();
        for (var seed = 0UL; seed < 200; seed++)
        {
            var scheduler = new Scheduler(new SimulationRandom(seed));
            var order = "";
            foreach (var name in new[] { "a", "b", "c" })
            {
                scheduler.After(5, () => order += name);
            }

            scheduler.RunUntil(5);
            orders.Add(order);
        }

        Assert.Equal(6, orders.Count);
    }

    [Fact]
    public void An_event_that_is_scheduled_for_now_happens_now()
    {
        var scheduler = new Scheduler(new SimulationRandom(1));
        var happened = 0L;
        scheduler.After(5, () => scheduler.After(0, () => happened = scheduler.Now));
        scheduler.RunUntil(100);
        Assert.Equal(5, happened);
    }

    [Fact]
    public void An_event_that_is_not_due_waits()
    {
        var scheduler = new Scheduler(new SimulationRandom(1));
        scheduler.After(101, () => Assert.Fail("too early"));
        scheduler.RunUntil(100);
        Assert.Equal(0, scheduler.EventCount);
    }
}
