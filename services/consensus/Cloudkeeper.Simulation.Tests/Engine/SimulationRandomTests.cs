using Cloudkeeper.Simulation.Engine;

namespace Cloudkeeper.Simulation.Tests.Engine;

public sealed class SimulationRandomTests
{
    [Fact]
    public void The_numbers_of_a_seed_never_change()
    {
        var random = new SimulationRandom(42);
        Assert.Equal(
            [0x15780B2E0C2EC716, 0x6104D9866D113A7E, 0xAE17533239E499A1],
            new[] { random.NextUInt64(), random.NextUInt64(), random.NextUInt64() });
    }

    [Fact]
    public void Streams_that_were_split_off_are_different()
    {
        var root = new SimulationRandom(1);
        Assert.NotEqual(root.Split().NextUInt64(), root.Split().NextUInt64());
    }

    [Fact]
    public void Numbers_stay_in_their_bounds_and_reach_them()
    {
        var random = new SimulationRandom(7);
        var drawn = Enumerable.Range(0, 1_000).Select(_ => random.Between(3, 6)).ToHashSet();
        Assert.Equal([3, 4, 5, 6], drawn.Order());
        Assert.All(Enumerable.Range(0, 1_000), _ => Assert.InRange(random.Logarithmic(4, 64), 4, 64));
        Assert.All(Enumerable.Range(0, 1_000), _ => Assert.InRange(random.NextDouble(), 0, 0.999_999_999_999_999_9));
        Assert.All(Enumerable.Range(0, 1_000), _ => Assert.True(random.Exponential(10) >= 0));
    }

    [Fact]
    public void All_bytes_are_filled()
    {
        var bytes = new byte[1_003];
        new SimulationRandom(9).NextBytes(bytes);
        Assert.True(bytes.Distinct().Count() > 200);
        Assert.NotEqual(0, bytes[^1] + bytes[^2] + bytes[^3]);
    }
}
