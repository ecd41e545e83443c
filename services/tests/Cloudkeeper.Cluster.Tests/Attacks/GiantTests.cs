using System.Collections.Concurrent;
using System.Diagnostics;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Cluster.Tests.Workloads;

namespace Cloudkeeper.Cluster.Tests.Attacks;

/// <summary>
/// AT-27 with real nodes, in short: large lists, the ends of full sessions and a crowded lock, all at once. No write
/// fails, and the leader stays. How long a good client waits at full size is measured by <see cref="AttackMeasurements"/>.
/// </summary>
public sealed class GiantTests : ClusterTest
{
    private const int Children = 10_000;
    private const int Listings = 120;
    private const int ListingsAtOnce = 16;
    private const int Ephemerals = 5_000;
    private const int Sessions = 2;
    private const int Waiters = 400;
    private const int Releases = 20;

    [Fact]
    public async Task Large_lists_ends_of_full_sessions_and_a_crowded_lock_take_no_write_and_no_leader()
    {
        using var client = new ApiClient(Cluster.Proxy.Address);
        await Filling.FillAsync(Cluster.Proxy.Address, "/many", Children, "");
        var sessions = await Task.WhenAll(Enumerable.Range(0, Sessions).Select(OpenFullSessionAsync));
        var tickets = await CrowdAsync();

        using var good = new GoodClient(Cluster.Proxy.Address);
        good.Start();
        await good.FlowAsync();
        var term = await TermAsync(client);

        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(ListAsync(), EndAsync(sessions), ReleaseAsync(tickets));
        var attacked = good.Since(began);
        await good.StopAsync();

        Report($"{attacked}, for {Stopwatch.GetElapsedTime(began).TotalSeconds:F1} s");
        Assert.Empty(good.Failures);
        Assert.Equal(term, await TermAsync(client));
        Assert.All([.. Cluster.Nodes, .. Cluster.Gateways, Cluster.Proxy], server => Assert.True(server.IsRunning, server.Name));
    }

    private static async Task<long> TermAsync(ApiClient client) =>
        (await client.GetAsync("/v1/cluster")).Json.GetProperty("term").GetInt64();

    private async Task<long> OpenFullSessionAsync(int number)
    {
        using var client = new ApiClient(Cluster.Proxy.Address);
        var opened = await client.PostJsonAsync("/v1/sessions", new { ttl = "600s" });
        var session = opened.Json.GetProperty("id").GetInt64();
        await Filling.FillAsync(Cluster.Proxy.Address, $"/ephemeral/{number}", Ephemerals, "", session);
        return session;
    }

    /// <summary>All tickets of a lock, in the order of the queue.</summary>
    private async Task<long[]> CrowdAsync()
    {
        var tickets = new ConcurrentBag<long>();
        await ManyAsync(Waiters, 16, async client =>
        {
            var answer = await client.PostJsonAsync("/v1/locks/crowd", new { ttl = "600s" });
            Assert.True(answer.IsSuccess, answer.ToString());
            tickets.Add(answer.Json.GetProperty("ticket").GetInt64());
        });
        return [.. tickets.Order()];
    }

    /// <summary>A list may be refused, as long as the refusal asks for a retry.</summary>
    private Task ListAsync() => ManyAsync(Listings, ListingsAtOnce, async client =>
        Assert.Contains((await client.GetAsync("/v1/nodes/many?view=children&limit=10000")).Status, (int[])[200, 429, 503]));

    private async Task EndAsync(IEnumerable<long> sessions)
    {
        using var client = new ApiClient(Cluster.Proxy.Address);
        foreach (var session in sessions)
        {
            Assert.Equal(204, (await client.DeleteAsync($"/v1/sessions/{session}")).Status);
        }
    }

    /// <summary>The lock is handed on, and looked at, again and again.</summary>
    private async Task ReleaseAsync(IEnumerable<long> tickets)
    {
        using var client = new ApiClient(Cluster.Proxy.Address);
        foreach (var ticket in tickets.Take(Releases))
        {
            Assert.Equal(200, (await client.GetAsync("/v1/locks/crowd")).Status);
            Assert.Equal(204, (await client.DeleteAsync($"/v1/tickets/{ticket}")).Status);
        }
    }

    private Task ManyAsync(int count, int atOnce, Func<ApiClient, Task> act)
    {
        var left = count;
        return Task.WhenAll(Enumerable.Range(0, atOnce).Select(async _ =>
        {
            using var client = new ApiClient(Cluster.Proxy.Address);
            while (Interlocked.Decrement(ref left) >= 0)
            {
                await act(client);
            }
        }));
    }
}
