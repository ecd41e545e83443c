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
    private static readonly TimeSpan MemoryLimit = TimeSpan.FromMinutes(1);
    private static readonly int Scale = int.TryParse(
        Environment.GetEnvironmentVariable("CLOUDKEEPER_SCALE"), CultureInfo.InvariantCulture, out var percent) ? percent : 100;

    [Fact(Explicit = true)]
    public async Task Listings()
    {
        await FillAsync("/many", Scaled(10_000), "");
        await BesideAsync("4,096 listings of 10,000 children, 64 at a time", () => ManyAsync(Scaled(4_096), atOnce: 64, async client =>
            await client.GetAsync("/v1/nodes/many?view=children&limit=10000")));
    }

    [Fact(Explicit = true)]
    public async Task Giant_bodies() => await BesideAsync("1,000 bodies of 4 MiB that do not come, 64 of 1 MiB that do", async () =>
    {
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        var claims = Enumerable.Range(0, Scaled(1_000)).Select(i => RawAsync(
            $"PUT /v1/nodes/giant-{i} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4194304\r\n\r\n", end.Token)).ToList();
        var value = new string('x', 1 << 20);
        await ManyAsync(Scaled(64), atOnce: 8, async client => await client.PutAsync("/v1/nodes/large", value));
        await Task.WhenAll(claims);
    });

    [Fact(Explicit = true)]
    public async Task Slow_readers()
    {
        await FillAsync("/slow", 64, new string('x', 60_000));
        await BesideAsync("500 readers of 4 MiB that take 1 KiB a second", async () =>
        {
            using var end = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            await Task.WhenAll(Enumerable.Range(0, Scaled(500)).Select(_ => RawAsync(
                "GET /v1/nodes/slow?view=subtree&values=true HTTP/1.1\r\nHost: localhost\r\n\r\n", end.Token)));
        });
    }

    [Fact(Explicit = true)]
    public async Task Watches_with_initial()
    {
        await FillAsync("/watched", Scaled(10_000), new string('x', 1_000));
        await BesideAsync("1,000 watches with the initial state of 10 MB, read at 1 KiB a second", async () =>
        {
            using var end = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            await Task.WhenAll(Enumerable.Range(0, Scaled(1_000)).Select(_ => RawAsync(
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

        await BesideAsync("1,000,000 nodes deleted, 200,000 in a request", async () =>
        {
            using var client = new ApiClient(Cluster.Proxy.Address);
            Report($"all at once: {(await client.DeleteAsync("/v1/nodes/million?recursive=true")).Code}");
            for (var part = 0; part < 5; part++)
            {
                var began = Stopwatch.GetTimestamp();
                Assert.Equal(204, (await client.DeleteAsync($"/v1/nodes/million/{part}?recursive=true")).Status);
                Report($"a delete took {Stopwatch.GetElapsedTime(began).TotalMilliseconds:F0} ms");
            }
        });
    }

    [Fact(Explicit = true)]
    public async Task Sessions_with_many_ephemerals()
    {
        using var client = new ApiClient(Cluster.Proxy.Address);
        var sessions = new List<long>();
        for (var i = 0; i < 3; i++)
        {
            var session = (await client.PostJsonAsync("/v1/sessions", new { ttl = "600s" })).Json.GetProperty("id").GetInt64();
            sessions.Add(session);
            await FillAsync($"/ephemeral/{i}", Scaled(99_000), "", session);
        }

        await BesideAsync("three sessions with 99,000 ephemerals each end", async () =>
        {
            foreach (var session in sessions)
            {
                var began = Stopwatch.GetTimestamp();
                Assert.Equal(204, (await client.DeleteAsync($"/v1/sessions/{session}")).Status);
                Report($"an end took {Stopwatch.GetElapsedTime(began).TotalMilliseconds:F0} ms");
            }
        });
    }

    private static int Scaled(int count) => Math.Max(1, count * Scale / 100);

    private async Task BesideAsync(string attack, Func<Task> run)
    {
        using var good = new GoodClient(Cluster.Proxy.Address);
        good.Start();
        await good.FlowAsync();
        var before = await StateAsync();
        var began = Stopwatch.GetTimestamp();
        await Task.Delay(Baseline, Stopping);
        var calm = good.Since(began);

        began = Stopwatch.GetTimestamp();
        await run();
        var attacked = good.Since(began);
        var took = Stopwatch.GetElapsedTime(began);

        var after = await StateAsync();
        var settled = Stopwatch.GetTimestamp();
        while (after.Bytes > before.Bytes * MemoryFactorMax && Stopwatch.GetElapsedTime(settled) < MemoryLimit)
        {
            await Task.Delay(TimeSpan.FromSeconds(2), Stopping);
            after = await StateAsync();
        }

        await good.StopAsync();
        Report($"{attack}, in {took.TotalSeconds:F1} s: calm {calm}; attacked {attacked}: {attacked.P99 / calm.P99:F1} times; term "
            + $"{before.Term} and {after.Term}; {before.Bytes >> 20} MiB before, {after.Bytes >> 20} MiB "
            + $"{Stopwatch.GetElapsedTime(settled).TotalSeconds:F0} s after; {good.Failures.Count} failures");
        Assert.Empty(good.Failures);
        Assert.Equal(before.Term, after.Term);
        Assert.All([.. Cluster.Nodes, .. Cluster.Gateways, Cluster.Proxy], server => Assert.True(server.IsRunning, server.Name));
        Assert.True(attacked.P99 <= calm.P99 * LatencyFactorMax, $"p99 {calm} and {attacked}");
        Assert.True(after.Bytes <= before.Bytes * MemoryFactorMax, $"{before.Bytes} and {after.Bytes} bytes");
    }

    /// <summary>The term, and the resident memory of all processes together.</summary>
    private async Task<(long Term, long Bytes)> StateAsync()
    {
        using var client = new ApiClient(Cluster.Proxy.Address);
        var term = (await client.GetAsync("/v1/cluster")).Json.GetProperty("term").GetInt64();
        var bytes = 0L;
        foreach (var server in (ServerProcess[])[.. Cluster.Nodes, .. Cluster.Gateways, Cluster.Proxy])
        {
            using var process = Process.GetProcessById(server.Id);
            bytes += process.WorkingSet64;
        }

        return (term, bytes);
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
