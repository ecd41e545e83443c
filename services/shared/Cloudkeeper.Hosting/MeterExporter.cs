using System.Diagnostics.Metrics;
using Prometheus;

namespace Cloudkeeper.Hosting;

/// <summary>
/// Passes the measurements of the instruments of System.Diagnostics.Metrics on to prometheus-net.
/// </summary>
/// <remarks>
/// prometheus-net's own MeterAdapter does the same, but declares counters as gauges, since an instrument may be created
/// again and start anew, and takes several times as long for each measurement, since it lets series expire. Ours live
/// as long as the process, and requests are measured several times each.
/// </remarks>
internal sealed class MeterExporter : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly MetricFactory _factory;
    private readonly Func<Instrument, bool> _isServed;

    public MeterExporter(CollectorRegistry registry, Func<Instrument, bool> isServed)
    {
        _factory = Metrics.WithCustomRegistry(registry);
        _isServed = isServed;
        _listener.InstrumentPublished = Listen;
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.Start();
        registry.AddBeforeCollectCallback(_listener.RecordObservableInstruments);
    }

    public void Dispose() => _listener.Dispose();

    private static void Record(object? state, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        ((MeterSeries)state!).Record(value, tags);

    private void Listen(Instrument instrument, MeterListener listener)
    {
        if (_isServed(instrument))
        {
            listener.EnableMeasurementEvents(instrument, new MeterSeries(instrument, _factory));
        }
    }
}
