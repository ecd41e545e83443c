using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;

namespace Cloudkeeper.Hosting.Memory;

/// <summary>The budget's metrics: <c>cloudkeeper_memory_*</c>.</summary>
internal sealed class MemoryMetrics(MemoryBudget budget, TransferPace pace) : IHostedService, IDisposable
{
    private static readonly (MemoryUse Use, KeyValuePair<string, object?> Tag)[] Uses =
    [
        (MemoryUse.Bodies, new("use", "bodies")),
        (MemoryUse.Answers, new("use", "answers")),
        (MemoryUse.Snapshots, new("use", "snapshots")),
        (MemoryUse.InitialStates, new("use", "initial-states")),
        (MemoryUse.WaitingChanges, new("use", "waiting-changes")),
    ];

    private readonly Meter _meter = new("Cloudkeeper.Memory");

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _meter.CreateObservableGauge("in_flight_bytes", () => Uses.Select(Used),
            description: "Bytes of bodies, answers, snapshots, initial states and changes for watchers in flight.");
        _meter.CreateObservableGauge("in_flight_limit_bytes", () => budget.BytesMax,
            description: "How many of these there may be together; one use has three fifths of it at most.");
        _meter.CreateObservableCounter("refused_total", () => Uses.Select(Refused),
            description: "What was refused because too many bytes were in flight, or the heap was full.");
        _meter.CreateObservableCounter("too_slow_total", () => Uses.Select(Ended),
            description: "Bodies and answers that were ended because their clients sent or took them too slowly.");
        _meter.CreateObservableGauge("heap_full", () => budget.IsHeapFull ? 1 : 0,
            description: "1 while the heap is above nine tenths of its limit, and nothing large is begun.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _meter.Dispose();

    private Measurement<long> Used((MemoryUse Use, KeyValuePair<string, object?> Tag) of) =>
        new(budget.UsedBy(of.Use), of.Tag);

    private Measurement<long> Refused((MemoryUse Use, KeyValuePair<string, object?> Tag) of) =>
        new(budget.RefusedTo(of.Use), of.Tag);

    private Measurement<long> Ended((MemoryUse Use, KeyValuePair<string, object?> Tag) of) =>
        new(pace.EndedOf(of.Use), of.Tag);
}
