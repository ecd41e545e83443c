using System.Diagnostics;
using System.Globalization;
using System.Net;
using Cloudkeeper.LoadGenerator.Processes;

namespace Cloudkeeper.LoadGenerator.Watching;

/// <summary>
/// Opens many watches, is silent for a while, then writes at a steady rate: what a watcher costs in memory, what it costs
/// while nothing happens, and how long it takes until the last one knows.
/// </summary>
internal sealed class WatchRun : IDisposable
{
    private const int RateDefault = 2;

    private static readonly TimeSpan OpenLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan DeliveryLimit = TimeSpan.FromSeconds(30);

    private readonly LoadOptions _options;
    private readonly Uri _target;
    private readonly IReadOnlyList<ObservedProcess> _processes;
    private readonly Deliveries _deliveries = new();
    private readonly List<Watcher> _watchers = [];
    private readonly Tally _settled = new();
    private readonly HttpClient _client;

    public WatchRun(LoadOptions options, IReadOnlyList<ObservedProcess> processes)
    {
        _options = options;
        _target = options.Targets[0].Address;
        _processes = processes;
        _client = new HttpClient { BaseAddress = _target, Timeout = DeliveryLimit };
    }

    public async Task<WatchMeasurement> MeasureAsync(CancellationToken stopping)
    {
        await WriteAllAsync(stopping);
        var memoryBefore = ProcessMemory.Sample(_processes);
        var began = Stopwatch.GetTimestamp();
        await OpenAsync(stopping);
        var opened = Stopwatch.GetElapsedTime(began);
        await Task.Delay(_options.Warmup, stopping);

        var memory = ProcessMemory.Sample(_processes);
        var atRest = await SpendAsync(() => Task.Delay(_options.Duration, stopping));
        var written = 0;
        var busy = await SpendAsync(async () => written = await WriteAsync(stopping));
        var (each, last) = _deliveries.Summarize();
        return new WatchMeasurement
        {
            Watchers = _options.Watchers,
            Connections = _watchers.Count,
            Paths = _options.Paths,
            Opened = opened,
            Writes = written,
            ExpectedCount = ExpectedOf(written),
            Each = each,
            Last = last,
            ProgressCount = _watchers.Sum(w => w.ProgressCount),
            Errors = _watchers.Where(w => w.Error is not null)
                .AggregateBy(w => w.Error!, 0, (count, w) => count + w.Watches, StringComparer.Ordinal).ToDictionary(),
            BytesPerWatcher = memory.Where(m => memoryBefore.ContainsKey(m.Key))
                .ToDictionary(m => m.Key, m => (m.Value - memoryBefore[m.Key]) / _options.Watchers, StringComparer.Ordinal),
            SilentCpu = Shares(atRest.Cpu, atRest.Took),
            BusyCpu = Shares(busy.Cpu, busy.Took),
        };
    }

    public void Dispose()
    {
        _watchers.ForEach(w => w.Dispose());
        _client.Dispose();
    }

    private static string PathOf(int index) => $"/load/watched-{index.ToString(CultureInfo.InvariantCulture)}";

    private static Dictionary<string, double> Shares(IReadOnlyDictionary<string, TimeSpan> cpu, TimeSpan took) =>
        cpu.ToDictionary(c => c.Key, c => c.Value / took, StringComparer.Ordinal);

    /// <summary>So that every watched node is there, and a write changes it.</summary>
    private async Task WriteAllAsync(CancellationToken stopping)
    {
        const int AtOnce = 64;
        var all = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stopping };
        await Parallel.ForAsync(0, _options.Paths, all, async (path, token) => await PutAsync(path, token));
    }

    private async Task OpenAsync(CancellationToken stopping)
    {
        var server = new IPEndPoint((await Dns.GetHostAddressesAsync(_target.DnsSafeHost, stopping))[0], _target.Port);
        foreach (var paths in Enumerable.Range(0, _options.Watchers).Chunk(Math.Max(1, _options.Streams)))
        {
            stopping.ThrowIfCancellationRequested();
            var watcher = new Watcher(server, ProtocolOf([.. paths.Select(TargetOf)]), _deliveries, _settled);
            _watchers.Add(watcher);
            watcher.Start(server);
        }

        if (!await _settled.ReachAsync(_options.Watchers, OpenLimit, stopping))
        {
            throw new LoadException($"{_options.Watchers - _watchers.Sum(w => w.Begun)} of {_options.Watchers} watches were not answered.");
        }
    }

    private string TargetOf(int watch) => $"/v1/watch?path={PathOf(watch % _options.Paths)}";

    private IWatchProtocol ProtocolOf(string[] targets) => _options.Streams > 0
        ? new Http2Watches(_target.Authority, targets)
        : new Http1Watch(_target.Authority, targets.Single());

    /// <summary>Writes at the rate asked for, and waits for the deliveries of the last one.</summary>
    private async Task<int> WriteAsync(CancellationToken stopping)
    {
        var writes = 0;
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / (_options.Rate ?? RateDefault)));
        for (var until = Stopwatch.GetTimestamp() + (long)(_options.Duration.TotalSeconds * Stopwatch.Frequency);
            Stopwatch.GetTimestamp() < until; writes++)
        {
            var sent = Stopwatch.GetTimestamp();
            _deliveries.Wrote(await PutAsync(writes % _options.Paths, stopping), sent);
            await pace.WaitForNextTickAsync(stopping);
        }

        // Missing watchers show in the counts.
        _ = await _deliveries.ReachAsync(ExpectedOf(writes), DeliveryLimit, stopping);
        return writes;
    }

    private int ExpectedOf(int writes) =>
        Enumerable.Range(0, writes).Sum(write => ((_options.Watchers - 1 - (write % _options.Paths)) / _options.Paths) + 1);

    private async Task<long> PutAsync(int path, CancellationToken stopping)
    {
        using var value = new ByteArrayContent(new byte[_options.ValueSize]);
        using var response = await _client.PutAsync($"/v1/nodes{PathOf(path)}?parents=true", value, stopping);
        return response.IsSuccessStatusCode
            ? long.Parse(response.Headers.GetValues("Cloudkeeper-Revision").Single(), CultureInfo.InvariantCulture)
            : throw new LoadException($"A write was answered with {(int)response.StatusCode}.");
    }

    private async Task<(TimeSpan Took, IReadOnlyDictionary<string, TimeSpan> Cpu)> SpendAsync(Func<Task> work)
    {
        var before = ProcessCpu.Sample(_processes);
        var began = Stopwatch.GetTimestamp();
        await work();
        return (Stopwatch.GetElapsedTime(began), ProcessCpu.Spent(before, ProcessCpu.Sample(_processes)));
    }
}
