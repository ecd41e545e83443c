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

    public static IServiceCollection AddCloudkeeperMetrics(this IServiceCollection services, string service)
    {
        services.AddSingleton(_ => Metrics.NewCustomRegistry());
        services.AddSingleton(provider => new MeterExporter(provider.GetRequiredService<CollectorRegistry>(), IsServed));
        services.AddHostedService(provider =>
            new Lifetime(provider.GetRequiredService<MeterExporter>(), new ProcessMetrics(service)));
        return services;
    }

    private static bool IsServed(Instrument instrument) =>
        instrument.Meter.Name.StartsWith(Prefix, StringComparison.Ordinal)
        || instrument.Meter.Name is ProcessMetrics.ProcessMeter or ProcessMetrics.RuntimeMeter or ProcessMetrics.BuildMeter;

    /// <summary>Creates both at the start, and ends them with the process.</summary>
    private sealed class Lifetime(MeterExporter exporter, ProcessMetrics process) : IHostedService, IDisposable
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            process.Create();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose()
        {
            process.Dispose();
            exporter.Dispose();
        }
    }
}
