using Cloudkeeper.Replica.Sessions;

namespace Cloudkeeper.Replica.Tests;

public sealed class AwakeClockTests
{
    [Fact]
    public void It_counts_the_time_between_readings_and_of_a_pause_no_more_than_the_bound()
    {
        var clock = new AwakeClock(now: 5_000, gapMax: 200);
        Assert.Equal(0, clock.Read(5_000));
        Assert.Equal(150, clock.Read(5_150));
        Assert.Equal(350, clock.Read(5_350));
        Assert.Equal(550, clock.Read(3_600_000));
        Assert.Equal(551, clock.Read(3_600_001));
    }

    [Fact]
    public void It_never_goes_back()
    {
        var clock = new AwakeClock(now: 100, gapMax: 200);
        Assert.Equal(50, clock.Read(150));
        Assert.Equal(50, clock.Read(120));
        Assert.Equal(60, clock.Read(130));
    }
}
