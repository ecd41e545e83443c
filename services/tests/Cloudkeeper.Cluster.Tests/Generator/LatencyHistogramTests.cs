using Cloudkeeper.LoadGenerator.Engine;

namespace Cloudkeeper.Cluster.Tests.Generator;

public sealed class LatencyHistogramTests
{
    [Fact]
    public void Percentiles_are_those_of_the_sorted_values_to_two_percent()
    {
        var random = new Random(1);
        var values = Enumerable.Range(0, 10_000).Select(_ => (long)Math.Exp(random.NextDouble() * 18)).ToArray();
        var (histogram, second) = (new LatencyHistogram(), new LatencyHistogram());
        for (var i = 0; i < values.Length; i++)
        {
            (i % 2 == 0 ? histogram : second).Record(values[i]);
        }

        histogram.Add(second);
        Array.Sort(values);

        Assert.Equal(values.Length, histogram.Count);
        Assert.Equal(values[^1], histogram.MaxMicroseconds);
        Assert.All((double[])[0.1, 10, 50, 90, 99, 99.9, 100], percent =>
        {
            var exact = values[(int)Math.Ceiling(values.Length * percent / 100) - 1];
            Assert.InRange(histogram.PercentileMicroseconds(percent), exact, (long)(exact * 1.02) + 1);
        });
    }

    [Fact]
    public void Short_latencies_are_exact()
    {
        var histogram = new LatencyHistogram();
        for (var i = 1; i <= 100; i++)
        {
            histogram.Record(i);
        }

        Assert.All(Enumerable.Range(1, 100), percent => Assert.Equal(percent, histogram.PercentileMicroseconds(percent)));
    }

    [Fact]
    public void An_empty_histogram_answers_zero() => Assert.Equal(0, new LatencyHistogram().PercentileMicroseconds(99));
}
