using System.Globalization;
using System.Text;
using Cloudkeeper.LoadGenerator.Engine;

namespace Cloudkeeper.LoadGenerator.Reports;

/// <summary>The measurements as an aligned table: text to the left, numbers to the right.</summary>
internal static class ResultTable
{
    /// <param name="measurements">One line each.</param>
    /// <param name="reference">The contestant whose throughput is 1.00 in the column "ratio"; null for no such column.</param>
    public static string Format(IReadOnlyList<Measurement> measurements, string? reference)
    {
        var processes = measurements.SelectMany(m => m.CpuMicrosecondsPerOperation.Keys).Distinct(StringComparer.Ordinal).ToList();
        var rows = new List<string[]> { Heading(processes, reference) };
        rows.AddRange(measurements.Select(m => Row(m, processes, RatioOf(m, measurements, reference))));
        return Align(rows);
    }

    /// <summary>Throughput relative to the reference in the same operation at the same number of connections.</summary>
    public static double? RatioOf(Measurement measurement, IReadOnlyList<Measurement> all, string? reference)
    {
        var line = all.FirstOrDefault(m => m.Contestant == reference
            && m.Operation == measurement.Operation
            && m.Connections == measurement.Connections);
        return line is { OperationsPerSecond: > 0 } ? measurement.OperationsPerSecond / line.OperationsPerSecond : null;
    }

    private static string[] Heading(IEnumerable<string> processes, string? reference) =>
    [
        "target", "operation", "connections", "ops/s", .. Optional(reference is not null, "ratio"),
        "p50 ms", "p99 ms", "max ms", "cpu us/op:", .. processes, "errors",
    ];

    private static string[] Row(Measurement measurement, IEnumerable<string> processes, double? ratio)
    {
        var cpu = measurement.CpuMicrosecondsPerOperation;
        var servers = cpu.Where(c => c.Key != Processes.ProcessCpu.Generator).Sum(c => c.Value);
        return
        [
            measurement.Contestant,
            measurement.Operation.ToString(),
            Number(measurement.Connections, "F0"),
            Number(measurement.OperationsPerSecond, "F0"),
            .. Optional(ratio is not null, Number(ratio ?? 0, "F2")),
            Number(measurement.P50Milliseconds, "F2"),
            Number(measurement.P99Milliseconds, "F2"),
            Number(measurement.MaxMilliseconds, "F1"),
            Number(servers, "F0"),
            .. processes.Select(p => cpu.TryGetValue(p, out var time) ? Number(time, "F0") : "-"),
            measurement.Errors.Count == 0 ? "-" : string.Join(' ', measurement.Errors.Select(e => $"{e.Key}:{e.Value}")),
        ];
    }

    private static string[] Optional(bool present, string cell) => present ? [cell] : [];

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static string Align(List<string[]> rows)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(c => rows.Max(r => r[c].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var row in rows)
        {
            var cells = row.Select((cell, c) => c < 2 || c == row.Length - 1 ? cell.PadRight(widths[c]) : cell.PadLeft(widths[c]));
            text.AppendLine(string.Join("  ", cells).TrimEnd());
        }

        return text.ToString();
    }
}
