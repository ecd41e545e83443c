using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Cluster.Tests.Workloads;

namespace Cloudkeeper.Cluster.Tests.Attacks;

/// <summary>
/// A good client beside each attack: figures for a machine that does nothing else, so run by hand, with
/// <c>-explicit only -class *AttackMeasurements -showLiveOutput</c>. The attackers take their share of the same processors.
/// </summary>
public sealed class AttackMeasurements : ClusterTest
{
    private const double LatencyFactorMax = 5;
    private const double MemoryFactorMax = 1.2;
    private static readonly TimeSpan Baseline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MemoryLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan MemoryPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MemoryQuiet = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Of the attack, before its memory is counted: code that was never run is compiled, pools are filled. In percent.
    /// </summary>
    private const int WarmUpShare = 20;

    private static readonly int Scale = int.TryParse(
        Environment.GetEnvironmentVariable("CLOUDKEEPER_SCALE"), CultureInfo.InvariantCulture, out var percent) ? percent : 100;

    [Fact(Explicit = true)]
    public async Task Listings()
    {
        await FillAsync("/many", Scaled(10_000), "");
        await BesideAsync("4,096 listings of 10,000 children, 64 at a time", share => ManyAsync(
            Scaled(4_096, share), atOnce: 64, async client => await client.GetAsync("/v1/nodes/many?view=children&limit=10000")));
    }

    [Fact(Explicit = true)]
    public async Task Giant_bodies() => await BesideAsync("1,000 bodies of 4 MiB that do not come, 64 of 1 MiB that do", async share =>
    {
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        var claims = Enumerable.Range(0, Scaled(1_000, share)).Select(i => RawAsync(
            $"PUT /v1/nodes/giant-{i} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4194304\r\n\r\n", end.Token)).ToList();
        var value = new string('x', 1 << 20);
        await ManyAsync(Scaled(64, share), atOnce: 8, async client => await client.PutAsync("/v1/nodes/large", value));
        await Task.WhenAll(claims);
    });

    [Fact(Explicit = true)]
    public async Task Slow_readers()
    {
        await FillAsync("/slow", 64, new string('x', 60_000));
        await BesideAsync("500 readers of 4 MiB that take 1 KiB a second", async share =>
        {
            using var end = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            await Task.WhenAll(Enumerable.Range(0, Scaled(500, share)).Select(_ => RawAsync(
                "GET /v1/nodes/slow?view=subtree&values=true HTTP/1.1\r\nHost: localhost\r\n\r\n", end.Token)));
        });
    }

    [Fact(Explicit = true)]
    public async Task Watches_with_initial()
    {
        await FillAsync("/watched", Scaled(10_000), new string('x', 1_000));
        await BesideAsync("1,000 watches with the initial state of 10 MB, read at 1 KiB a second", async share =>
        {
            using var end = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            await Task.WhenAll(Enumerable.Range(0, Scaled(1_000, share)).Select(_ => RawAsync(
                "GET /v1/watch?path=/watched&scope=subtree&initial=true&values=true HTTP/1.1\r\nHost: localhost\r\n"
                    + "Accept: text/event-stream\r\n\r\n",
                end.Token)));
        });
    }

    [Fact(Explicit = true)]
    public async Task Deletes_of_a_million_nodes()
    {
        for (var part = 0; part < 5; part++)
        {
            await FillAsync($"/million/{part}", Scaled(200_000), "");
        }

        await FillAsync("/before/0", Scaled(200_000, WarmUpShare), "");
        await BesideAsync("1,000,000 nodes deleted, 200,000 in a request", async share =>
        {
            using var client = new ApiClient(Cluster.Proxy.Address);
            var root = share == 100 ? "million" : "before";
            if (Scale == 100 && share == 100)
            {
                Assert.Equal("too-many-nodes", (await client.DeleteAsync("/v1/nodes/million?recursive=true")).Code);
            }

            for (var part = 0; part < (share == 100 ? 5 : 1); part++)
            {
                var began = Stopwatch.GetTimestamp();
                Assert.Equal(204, (await client.DeleteAsync($"/v1/nodes/{root}/{part}?recursive=true")).Status);
                Report($"a delete took {Stopwatch.GetElapsedTime(began).TotalMilliseconds:F0} ms");
            }
        });
    }

    [Fact(Explicit = true)]
    public async Task Sessions_with_many_ephemerals()
    {
        using var client = new ApiClient(Cluster.Proxy.Address);
        var sessions = new Queue<long>();
        foreach (var share in (int[])[WarmUpShare, 100, 100, 100])
        {
            var session = (await client.PostJsonAsync("/v1/sessions", new { ttl = "600s" })).Json.GetProperty("id").GetInt64();
            await FillAsync($"/ephemeral/{sessions.Count}", Scaled(99_000, share), "", session);
            sessions.Enqueue(session);
        }

        await BesideAsync("three sessions with 99,000 ephemerals each end", async share =>
        {
            for (var i = 0; i < (share == 100 ? 3 : 1); i++)
            {
                var began = Stopwatch.GetTimestamp();
                Assert.Equal(204, (await client.DeleteAsync($"/v1/sessions/{sessions.Dequeue()}")).Status);
                Report($"an end took {Stopwatch.GetElapsedTime(began).TotalMilliseconds:F0} ms");
            }
        });
    }

    private static int Scaled(int count, int share = 100) => Math.Max(1, (int)((long)count * Scale * share / 10_000));

    /// <param name="run">Runs the share in percent of the attack.</param>
    private async Task BesideAsync(string attack, Func<int, Task> run)
    {
        using var good = new GoodClient(Cluster.Proxy.Address);
        good.Start();
        await good.FlowAsync();
        await run(WarmUpShare);
        var before = await SettledAsync();
        var began = Stopwatch.GetTimestamp();
        await Task.Delay(Baseline, Stopping);
        var calm = good.Since(began);

        began = Stopwatch.GetTimestamp();
        await run(100);
        var attacked = good.Since(began);
        var took = Stopwatch.GetElapsedTime(began);

        var peak = await StateAsync();
        var settled = Stopwatch.GetTimestamp();
        var after = peak;
        while (after.Bytes > before.Bytes * MemoryFactorMax && Stopwatch.GetElapsedTime(settled) < MemoryLimit)
        {
            await Task.Delay(MemoryPause, Stopping);
            after = await StateAsync();
        }

        await good.StopAsync();
        Report($"{attack}, in {took.TotalSeconds:F1} s: calm {calm}; attacked {attacked}: {attacked.P99 / calm.P99:F1} times; term "
            + $"{before.Term} and {after.Term}; {before.Bytes >> 20} MiB before, {peak.Bytes >> 20} MiB at its end, "
            + $"{after.Bytes >> 20} MiB {Stopwatch.GetElapsedTime(settled).TotalSeconds:F0} s after; {good.Failures.Count} failures");
        Report($"before: {before.Processes}");
        Report($"at its end: {peak.Processes}");
        Report($"after: {after.Processes}");
        Assert.Empty(good.Failures);
        Assert.Equal(before.Term, after.Term);
        Assert.All([.. Cluster.Nodes, .. Cluster.Gateways, Cluster.Proxy], server => Assert.True(server.IsRunning, server.Name));
        Assert.True(attacked.P99 <= calm.P99 * LatencyFactorMax, $"p99 {calm} and {attacked}");
        Assert.True(after.Bytes <= before.Bytes * MemoryFactorMax, $"{before.Bytes} and {after.Bytes} bytes");
    }

    /// <summary>Once memory does not become less any more.</summary>
    private async Task<(long Term, long Bytes, string Processes)> SettledAsync()
    {
        var least = await StateAsync();
        for (var quiet = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(quiet) < MemoryQuiet;)
        {
            await Task.Delay(MemoryPause, Stopping);
            var now = await StateAsync();
            if (now.Bytes < least.Bytes)
            {
                least = now;
                quiet = Stopwatch.GetTimestamp();
            }
        }

        return least;
    }

    /// <summary>The term, and the resident memory of all processes together and of each, with its managed heap in brackets.</summary>
    private async Task<(long Term, long Bytes, string Processes)> StateAsync()
    {
        using var client = new ApiClient(Cluster.Proxy.Address);
        var term = (await client.GetAsync("/v1/cluster")).Json.GetProperty("term").GetInt64();
        var bytes = 0L;
        List<string> processes = [];
        foreach (var server in (ServerProcess[])[.. Cluster.Nodes, .. Cluster.Gateways, Cluster.Proxy])
        {
            using var process = Process.GetProcessById(server.Id);
            bytes += process.WorkingSet64;
            processes.Add($"{server.Name} {process.WorkingSet64 >> 20} ({await HeapAsync(server) >> 20})");
        }

        return (term, bytes, string.Join(", ", processes) + " MiB");
    }

    private static async Task<long> HeapAsync(ServerProcess server)
    {
        const string Name = "\ndotnet_heap_bytes ";
        using var client = new ApiClient(server.Address);
        var text = (await client.GetAsync("/metrics")).Text;
        var start = text.IndexOf(Name, StringComparison.Ordinal) + Name.Length;
        return (long)double.Parse(text.AsSpan()[start..text.IndexOf('\n', start)], CultureInfo.InvariantCulture);
    }

    private async Task ManyAsync(int count, int atOnce, Func<ApiClient, Task<Answer>> send)
    {
        var statuses = new ConcurrentDictionary<int, int>();
        var left = count;
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(async _ =>
        {
            using var client = new ApiClient(Cluster.Proxy.Address);
            while (Interlocked.Decrement(ref left) >= 0)
            {
                statuses.AddOrUpdate((await send(client)).Status, 1, static (_, n) => n + 1);
            }
        }));
        Report("statuses: " + string.Join(", ", statuses.Select(s => $"{s.Value} x {s.Key}")));
    }

    private async Task RawAsync(string head, CancellationToken until)
    {
        using var client = new RawClient();
        await client.SendAsync(Cluster.Proxy.Address, head);
        await client.ReadSlowlyAsync(1024, until);
    }

    private Task FillAsync(string path, int nodes, string value, long? session = null) =>
        Filling.FillAsync(Cluster.Proxy.Address, path, nodes, value, session);
}
