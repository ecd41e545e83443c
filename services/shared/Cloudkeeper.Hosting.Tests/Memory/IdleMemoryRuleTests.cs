using Cloudkeeper.Hosting.Memory;

namespace Cloudkeeper.Hosting.Tests.Memory;

public sealed class IdleMemoryRuleTests
{
    private const long Mebi = 1 << 20;
    private const int Interval = 5_000;

    private readonly IdleMemoryRule _rule = new();
    private long _now;
    private long _allocated;

    [Fact]
    public void Everything_is_collected_twice_once_a_burst_is_over()
    {
        Assert.False(Look(allocated: 1, resident: 100));
        Assert.False(Look(allocated: 500, resident: 300));
        Assert.False(Look(allocated: 1, resident: 300));
        Assert.True(Look(allocated: 1, resident: 300));
        _rule.Collected(_now, 200 * Mebi);

        for (var quiet = Interval; quiet < 65_000; quiet += Interval)
        {
            Assert.False(Look(allocated: 1, resident: 200));
        }

        Assert.True(Look(allocated: 1, resident: 200));
        _rule.Collected(_now, 110 * Mebi);
        Assert.All(Enumerable.Range(0, 100), _ => Assert.False(Look(allocated: 1, resident: 110)));
    }

    [Fact]
    public void A_process_that_is_busy_is_left_alone_until_it_is_calm()
    {
        Look(allocated: 1, resident: 100);
        Assert.All(Enumerable.Range(0, 100), _ => Assert.False(Look(allocated: 100, resident: 900)));
        Assert.False(Look(allocated: 1, resident: 900));
        Assert.True(Look(allocated: 1, resident: 900));
    }

    [Theory]
    [InlineData(100, 130)]
    [InlineData(1_000, 1_090)]
    public void A_little_more_is_no_reason(long before, long after)
    {
        Look(allocated: 1, resident: before);
        Assert.All(Enumerable.Range(0, 100), _ => Assert.False(Look(allocated: 1, resident: after)));
    }

    [Fact]
    public void Memory_that_a_process_needs_is_not_collected_again_and_again()
    {
        Look(allocated: 1, resident: 100);
        for (var round = 0; round < 2; round++)
        {
            while (!Look(allocated: 1, resident: 900))
            {
            }

            _rule.Collected(_now, 900 * Mebi);
        }

        Assert.All(Enumerable.Range(0, 100), _ => Assert.False(Look(allocated: 1, resident: 950)));
        Assert.True(Look(allocated: 1, resident: 1_000));
    }

    private bool Look(long allocated, long resident) =>
        _rule.IsDue(_now += Interval, _allocated += allocated * Mebi, resident * Mebi);
}
