using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Cluster.Tests.Workloads;

namespace Cloudkeeper.Cluster.Tests;

/// <summary>A client's large changes are no loss to watchers of other nodes (F-03, SR-M4).</summary>
public sealed class LargeChangeTests : ClusterTest
{
    private const int Level = 4;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static string Value { get; } = new('x', 1 << 20);

    [Fact]
    public async Task Large_values_that_go_at_once_and_large_overwrites_take_no_change_from_others()
    {
        using var client = new ApiClient(Cluster.Gateways[0].Address);
        await LevelAsync(client);
        var first = Revision(await client.PutAsync("/v1/nodes/other", "0"));
        using var live = await client.WatchAsync("/v1/watch?path=/other");

        Revision(await client.PutAsync("/v1/nodes/big", ""));
        for (var i = 0; i < 70; i++)
        {
            Revision(await client.PutAsync(FormattableString.Invariant($"/v1/nodes/big/{i}"), Value));
        }

        Revision(await client.DeleteAsync("/v1/nodes/big?recursive=true"));
        await ChangeAsync("1");

        for (var i = 0; i < 40; i++)
        {
            Revision(await client.PutAsync("/v1/nodes/large", Value));
        }

        await ChangeAsync("2");

        // A gateway that has just come has nothing but what the nodes have kept.
        await Cluster.Gateways[1].KillAsync();
        Cluster.Gateways[1].Start();
        await Cluster.WaitUntilReadyAsync();
        using var late = new ApiClient(Cluster.Gateways[1].Address);
        using var resumed = await late.WatchAsync(FormattableString.Invariant($"/v1/watch?path=/other&from={first}&values=true"));
        foreach (var value in (string[])["1", "2"])
        {
            var change = await NextAsync(resumed);
            Assert.Equal(("changed", value), (change?.Name, change?.Value));
        }

        async Task ChangeAsync(string value)
        {
            var revision = Revision(await client.PutAsync("/v1/nodes/other", value));
            var change = await NextAsync(live);
            Assert.Equal(("changed", revision), (change?.Name, change?.Revision));
        }
    }

    /// <summary>Its events take more than 64 MiB, which is the largest frame of the feed.</summary>
    [Fact]
    public async Task A_deletion_that_is_larger_than_a_frame_of_the_feed_stops_no_gateway()
    {
        const int nodes = 66_000;
        var top = "/long/" + string.Join('/', Enumerable.Repeat(new string('x', 240), 4));
        using var client = new ApiClient(Cluster.Gateways[0].Address);
        using var other = new ApiClient(Cluster.Gateways[1].Address);
        await LevelAsync(client);
        await Filling.FillAsync(Cluster.Gateways[0].Address, top, nodes, "");
        var first = Revision(await client.PutAsync("/v1/nodes/other", "0"));
        var path = FormattableString.Invariant($"/v1/nodes{top}/{nodes - 1}");
        foreach (var reader in (ApiClient[])[client, other])
        {
            Assert.Equal(200, (await reader.GetAsync(path)).Status);
        }

        using var live = await client.WatchAsync("/v1/watch?path=/other");
        using var elsewhere = await other.WatchAsync("/v1/watch?path=/other");
        var deleted = Revision(await client.DeleteAsync("/v1/nodes/long?recursive=true"));
        var changed = Revision(await client.PutAsync("/v1/nodes/other", "1"));
        foreach (var watch in (EventReader[])[live, elsewhere])
        {
            var change = await NextAsync(watch);
            Assert.Equal(("changed", changed), (change?.Name, change?.Revision));
        }

        // Out of their memory: only the feed can have brought it.
        foreach (var reader in (ApiClient[])[client, other])
        {
            Assert.Equal(404, (await reader.GetAsync(path + "?consistency=stale")).Status);
        }

        // What the gateway before has got live comes out of the history here.
        await Cluster.Gateways[1].KillAsync();
        Cluster.Gateways[1].Start();
        await Cluster.WaitUntilReadyAsync();
        using var late = new ApiClient(Cluster.Gateways[1].Address);
        using var resumed = await late.WatchAsync(FormattableString.Invariant($"/v1/watch?path=/other&path=/long&from={first}"));
        foreach (var expected in (List<(string, long)>)[("deleted", deleted), ("changed", changed)])
        {
            var change = await NextAsync(resumed);
            Assert.Equal(expected, (change?.Name, change?.Revision));
        }
    }

    private static Task LevelAsync(ApiClient client) => Eventually.TrueAsync(
        async () => (await client.GetAsync("/v1/cluster")).Json.GetProperty("featureLevel").GetInt32() >= Level, Limit, "the level");

    private static long Revision(Answer answer)
    {
        Assert.True(answer.IsSuccess, answer.ToString());
        return answer.Revision!.Value;
    }

    /// <summary>The next event that is not progress: a gap would be one.</summary>
    private static async Task<ServerEvent?> NextAsync(EventReader watch)
    {
        while (await watch.ReadAsync(Stopping) is { } next)
        {
            if (next.Name != "progress")
            {
                return next;
            }
        }

        return null;
    }
}
