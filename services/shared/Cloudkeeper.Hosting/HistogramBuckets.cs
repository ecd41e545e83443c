using System.Diagnostics.Metrics;

namespace Cloudkeeper.Hosting;

/// <summary>Upper bounds of a histogram's buckets: the instrument's own advice, else by the unit in its name.</summary>
internal static class HistogramBuckets
{
    /// <summary>
    /// From a tenth of a millisecond to 10 s: quick requests take microseconds here, slow ones seconds.
    /// </summary>
    private static readonly double[] Seconds =
        [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    /// <summary>For counts (of commands in a batch, of entries): powers of two.</summary>
    private static readonly double[] Counts = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];

    public static double[] Of(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } own } => [.. own],
        Histogram<long> { Advice.HistogramBucketBoundaries: { } own } => [.. own.Select(bound => (double)bound)],
        Histogram<int> { Advice.HistogramBucketBoundaries: { } own } => [.. own.Select(bound => (double)bound)],
        _ => instrument.Name.EndsWith("_seconds", StringComparison.Ordinal) ? Seconds : Counts,
    };
}
