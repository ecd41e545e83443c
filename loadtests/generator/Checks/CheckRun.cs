using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace Cloudkeeper.LoadGenerator.Checks;

/// <summary>
/// Readers, writers and watchers on the same keys through several gateways, until there are enough reads and events.
/// While it runs, the caller breaks things.
/// </summary>
internal sealed class CheckRun : IDisposable
{
    private static readonly TimeSpan CatchUpMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    private readonly CheckOptions _options;
    private readonly CheckedKeys _keys;
    private readonly HttpClient _client = new(new SocketsHttpHandler { MaxConnectionsPerServer = int.MaxValue })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public CheckRun(CheckOptions options)
    {
        _options = options;
        _keys = new CheckedKeys(options.Keys, Violations);
    }

    public Violations Violations { get; } = new();

    public CheckTotals Totals { get; } = new();

    private bool IsEnough => Totals.Reads >= _options.Reads && Totals.Events >= _options.Events;

    /// <summary>Runs until the counts are reached and every watcher has got the last write.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        using var asking = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var begin = await RevisionAsync(stopping);
        var watchers = Enumerable.Range(0, _options.Watchers)
            .Select(i => new CheckedWatcher(_client, _options.Targets, i, begin, Totals, Violations)).ToList();
        var watches = watchers.ConvertAll(w => w.RunAsync(watching.Token));
        using (var filler = new CheckedClient(_options.Targets, number: 0, _keys, Totals, isWriter: true))
        {
            await filler.FillAsync(stopping);
        }

        var clients = Enumerable.Range(1, _options.Writers + _options.Readers)
            .Select(i => new CheckedClient(_options.Targets, i, _keys, Totals, isWriter: i <= _options.Writers)).ToList();
        var requests = clients.ConvertAll(c => c.RunAsync(asking.Token));
        while (!IsEnough && Violations.Count == 0)
        {
            await Task.Delay(Poll, stopping);
        }

        await asking.CancelAsync();
        await Task.WhenAll(requests);
        clients.ForEach(c => c.Dispose());
        for (var key = 0; key < _keys.Count && Violations.Count == 0; key++)
        {
            await CompareAsync(CheckedKeys.PathOf(key), watchers, stopping);
        }

        await watching.CancelAsync();
        await Task.WhenAll(watches);
    }

    public void Dispose() => _client.Dispose();

    /// <summary>
    /// What is lost at the very end shows only when nothing comes after it. The state is read each time: a write whose
    /// connection broke may be done later.
    /// </summary>
    private async Task CompareAsync(string path, List<CheckedWatcher> watchers, CancellationToken stopping)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var version = await VersionAsync(path, stopping);
            var told = watchers.Select(w => w.VersionOf(path)).ToList();
            if (told.TrueForAll(v => v == version))
            {
                return;
            }

            if (Stopwatch.GetElapsedTime(started) > CatchUpMax)
            {
                Violations.Add(
                    $"{path} has version {version}; after {CatchUpMax} watchers had {told.Min()} to {told.Max()}.");
                return;
            }

            await Task.Delay(Poll, stopping);
        }
    }

    private async Task<int> VersionAsync(string path, CancellationToken stopping)
    {
        using var answer = await GetAsync($"{path}?view=stat", stopping);
        using var json = await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync(stopping), default, stopping);
        return json.RootElement.GetProperty("stat").GetProperty("version").GetInt32();
    }

    private async Task<long> RevisionAsync(CancellationToken stopping)
    {
        using var answer = await GetAsync("/?view=stat", stopping);
        return long.Parse(answer.Headers.GetValues("Cloudkeeper-Revision").Single(), null);
    }

    /// <summary>Asks the targets in turn until one answers: something may be broken just now.</summary>
    private async Task<HttpResponseMessage> GetAsync(string path, CancellationToken stopping)
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; ; i++)
        {
            try
            {
                var answer = await _client.GetAsync(
                    new Uri(_options.Targets[i % _options.Targets.Count].Address, "/v1/nodes" + path), stopping);
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    return answer;
                }

                answer.Dispose();
            }
            catch (HttpRequestException) when (Stopwatch.GetElapsedTime(started) < CatchUpMax)
            {
                // The next one may answer.
            }

            if (Stopwatch.GetElapsedTime(started) > CatchUpMax)
            {
                throw new LoadException($"No target answers a read of {path} within {CatchUpMax}.");
            }

            await Task.Delay(Poll, stopping);
        }
    }
}
