using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using Prometheus;

namespace Cloudkeeper.Hosting;

/// <summary>One instrument's time series, one for each combination of its tags' values.</summary>
/// <param name="instrument">Its tags must always come in the same order.</param>
/// <param name="factory">Where the series are made.</param>
internal sealed class MeterSeries(Instrument instrument, MetricFactory factory)
{
    private readonly string _name = PrometheusName(instrument);

    private readonly ConcurrentDictionary<KeyValuePair<string, object?>[], Action<double>> _byTags = new(TagComparer.Instance);

    private Action<double>? _untagged;

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => Find(tags)(value);

    /// <summary>For instance <c>cloudkeeper_gateway_requests_total</c>.</summary>
    public static string PrometheusName(Instrument instrument) => string.Create(
        CultureInfo.InvariantCulture, $"{instrument.Meter.Name}_{instrument.Name}").Replace('.', '_').ToLowerInvariant();

    /// <summary>Looked up by the tags as they lie on the caller's stack: a known series costs no allocation.</summary>
    private Action<double> Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
        {
            return _untagged ??= Create([]);
        }

        return _byTags.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>().TryGetValue(tags, out var series)
            ? series
            : _byTags.GetOrAdd(tags.ToArray(), Create);
    }

    private Action<double> Create(KeyValuePair<string, object?>[] tags)
    {
        var names = Array.ConvertAll(tags, tag => tag.Key.Replace('.', '_'));
        var values = Array.ConvertAll(tags, tag => Convert.ToString(tag.Value, CultureInfo.InvariantCulture) ?? "");
        var help = instrument.Description ?? "";
        return Kind(instrument.GetType()) switch
        {
            Reading.Increment => factory.CreateCounter(_name, help, names).WithLabels(values).Inc,
            Reading.Total => factory.CreateCounter(_name, help, names).WithLabels(values).IncTo,
            Reading.Change => factory.CreateGauge(_name, help, names).WithLabels(values).Inc,
            Reading.Level => factory.CreateGauge(_name, help, names).WithLabels(values).Set,
            _ => factory.CreateHistogram(_name, help, names, new HistogramConfiguration
            {
                Buckets = HistogramBuckets.Of(instrument),
            }).WithLabels(values).Observe,
        };
    }

    private static Reading Kind(Type type)
    {
        var kind = type.GetGenericTypeDefinition();
        return kind == typeof(Counter<>) ? Reading.Increment
            : kind == typeof(ObservableCounter<>) ? Reading.Total
            : kind == typeof(UpDownCounter<>) ? Reading.Change
            : kind == typeof(Histogram<>) ? Reading.Sample
            : Reading.Level;
    }

    /// <summary>The meaning of one measurement of an instrument.</summary>
    private enum Reading
    {
        /// <summary>To be added to a counter.</summary>
        Increment,

        /// <summary>A counter's whole value.</summary>
        Total,

        /// <summary>To be added to a gauge; may be negative.</summary>
        Change,

        /// <summary>A gauge's value.</summary>
        Level,

        /// <summary>One observation for a histogram.</summary>
        Sample,
    }
}
