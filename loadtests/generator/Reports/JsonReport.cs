using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudkeeper.LoadGenerator.Engine;

namespace Cloudkeeper.LoadGenerator.Reports;

/// <summary>The measurements for other programs: the conditions of the run and one object a line of the table.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static async Task WriteAsync(
        string file, LoadOptions options, string? reference, IReadOnlyList<Measurement> measurements, CancellationToken stopping)
    {
        var report = new
        {
            At = TimeProvider.System.GetUtcNow(),
            Processors = Environment.ProcessorCount,
            DurationSeconds = options.Duration.TotalSeconds,
            WarmupSeconds = options.Warmup.TotalSeconds,
            options.Rounds,
            options.ValueSize,
            options.Keys,
            Reference = reference,
            Results = measurements.Select(m => new { Measurement = m, Ratio = ResultTable.RatioOf(m, measurements, reference) }),
        };
        await using var stream = File.Create(file);
        await JsonSerializer.SerializeAsync(stream, report, Format, stopping);
    }
}
