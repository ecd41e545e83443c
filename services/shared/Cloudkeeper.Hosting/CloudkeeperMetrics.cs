using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Prometheus;

namespace Cloudkeeper.Hosting;

/// <summary>
/// Serves the instruments of System.Diagnostics.Metrics in Prometheus's format. A name is the meter's, an underscore
/// and the instrument's, in lower case: meter <c>Cloudkeeper.Gateway</c> and counter <c>requests_total</c> give
/// <c>cloudkeeper_gateway_requests_total</c>. Instruments therefore carry unit and <c>_total</c> in their own name.
/// </summary>
internal static class CloudkeeperMetrics
{
    /// <summary>Meters with this prefix are served.</summary>
    private const string Prefix = "Cloudkeeper.";

    /// <summary>From a tenth of a millisecond to 10 s: what is quick here takes microseconds, what is slow, seconds.</summary>
    private static readonly double[] Seconds =
        [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    /// <summary>For counts (of commands in a batch, of entries): powers of two.</summary>
    private static readonly double[] Counts = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];

    public static IServiceCollection AddCloudkeeperMetrics(this IServiceCollection services, string service)
    {
        services.AddSingleton(_ => Metrics.NewCustomRegistry());
        services.AddSingleton(_ => new ProcessMetrics(service));
        services.AddHostedService<Exporter>();
        return services;
    }

    /// <summary>The instrument's own advice, else by the unit in its name.</summary>
    internal static double[] BucketsOf(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } own } => [.. own],
        Histogram<long> { Advice.HistogramBucketBoundaries: { } own } => [.. own.Select(bound => (double)bound)],
        Histogram<int> { Advice.HistogramBucketBoundaries: { } own } => [.. own.Select(bound => (double)bound)],
        _ => instrument.Name.EndsWith("_seconds", StringComparison.Ordinal) ? Seconds : Counts,
    };

    private static bool IsServed(Instrument instrument) =>
        instrument.Meter.Name.StartsWith(Prefix, StringComparison.Ordinal)
        || instrument.Meter.Name is ProcessMetrics.ProcessMeter or ProcessMetrics.RuntimeMeter or ProcessMetrics.BuildMeter;

    /// <summary>Listens for as long as the process runs.</summary>
    private sealed class Exporter(CollectorRegistry registry, ProcessMetrics processMetrics) : IHostedService, IDisposable
    {
        private IDisposable? _adapter;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            processMetrics.Create();
            _adapter = MeterAdapter.StartListening(new MeterAdapterOptions
            {
                Registry = registry,
                MetricFactory = Metrics.WithCustomRegistry(registry),
                InstrumentFilterPredicate = IsServed,
                ResolveHistogramBuckets = BucketsOf,

                // The most it allows: a counter that rests for five minutes is not a counter that is gone.
                MetricsExpireAfter = TimeSpan.FromDays(1),
            });
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose() => _adapter?.Dispose();
    }
}
