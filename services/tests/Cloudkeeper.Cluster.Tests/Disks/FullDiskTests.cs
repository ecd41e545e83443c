using System.Globalization;
using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests.Disks;

/// <summary>Disks that fill up under real nodes (AT-29).</summary>
public sealed class FullDiskTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static string Value { get; } = new('x', 100_000);

    [Fact]
    public async Task A_leader_whose_disk_is_full_hands_over_and_every_write_is_taken()
    {
        await using var disks = await Disks.MountAsync(3);
        await using var cluster = await LocalCluster.StartAsync(nodes: 3, gateways: 1, argumentsOf: disks.Arguments);
        using var client = new ApiClient(cluster.Gateways[0].Address);
        await cluster.WaitUntilReplicatedAsync(0);
        var leader = await cluster.LeaderAsync();
        var session = (await client.PostJsonAsync("/v1/sessions", new { ttl = "20s" })).Json.GetProperty("id").GetInt64();

        disks.Of(cluster, leader).Fill();
        for (var i = 0; i < 100; i++)
        {
            // Fewer than the reserve of the others' disks would take.
            Assert.Equal((i, true), (i, (await client.PutAsync($"/v1/nodes/value-{i % 10}", Value)).IsSuccess));
        }

        Assert.NotEqual(leader.Name, (await cluster.LeaderAsync()).Name);
        Assert.Equal(200, (await client.SendAsync(HttpMethod.Post, Invariant($"/v1/sessions/{session}/keepalive"), null)).Status);
        Assert.Equal(Value, (await client.GetAsync("/v1/nodes/value-9")).Text);

        disks.Of(cluster, leader).MakeRoom();
        await cluster.WaitUntilReplicatedAsync(0);
        Assert.True(cluster.Nodes.All(n => n.IsRunning));
    }

    [Fact]
    public async Task With_all_disks_full_growth_is_refused_and_deletes_releases_and_ends_of_sessions_get_through()
    {
        await using var disks = await Disks.MountAsync(3);
        await using var cluster = await LocalCluster.StartAsync(nodes: 3, gateways: 1, argumentsOf: disks.Arguments);
        using var client = new ApiClient(cluster.Gateways[0].Address);
        await cluster.WaitUntilReplicatedAsync(0);
        Assert.True((await client.PutAsync("/v1/nodes/a/b?parents=true", Value)).IsSuccess);
        Assert.True((await client.PutAsync("/v1/nodes/kept", Value)).IsSuccess);
        Assert.True((await client.PutAsync("/v1/nodes/c", Value)).IsSuccess);
        var session = (await client.PostJsonAsync("/v1/sessions", new { ttl = "60s" })).Json.GetProperty("id").GetInt64();
        var ticket = (await client.PostJsonAsync("/v1/locks/l", new { ttl = "60s" })).Json.GetProperty("ticket").GetInt64();

        disks.All.ForEach(disk => disk.Fill());
        await RefusedAsync(client);

        // In one batch with growth, now and then: neither may spoil the other.
        var growth = Enumerable.Range(0, 20).Select(i => client.PutAsync($"/v1/nodes/more-{i}", Value)).ToList();
        Assert.Equal(204, (await client.DeleteAsync("/v1/nodes/a?recursive=true")).Status);
        Assert.Equal(204, (await client.DeleteAsync(Invariant($"/v1/tickets/{ticket}"))).Status);
        Assert.Equal(204, (await client.DeleteAsync(Invariant($"/v1/sessions/{session}"))).Status);
        var deletion = new { then = new[] { new { delete = new { path = "/c" } } } };
        Assert.Equal(200, (await client.PostJsonAsync("/v1/transactions", deletion)).Status);
        Assert.All(await Task.WhenAll(growth), answer => Assert.Equal((507, "storage-full"), (answer.Status, answer.Code)));
        Assert.Equal(404, (await client.GetAsync("/v1/nodes/a")).Status);
        Assert.Equal(Value, (await client.GetAsync("/v1/nodes/kept")).Text);

        // What was done at the limit is still done after a crash at the limit.
        foreach (var node in cluster.Nodes)
        {
            await node.KillAsync();
            node.Start();
        }

        await cluster.LeaderAsync();
        await Eventually.TrueAsync(async () => (await client.GetAsync("/v1/nodes/a")).Status == 404, Limit, "reads go on");
        await RefusedAsync(client);

        disks.All.ForEach(disk => disk.MakeRoom());
        await TakenAgainAsync(client);
    }

    /// <summary>Without an operator: the deletion makes the next snapshot small, and the log is cut behind it.</summary>
    [Fact]
    public async Task A_tree_that_has_filled_its_disk_can_be_emptied_and_takes_writes_again()
    {
        await using var disks = await Disks.MountAsync(1, megabytes: 512);
        await using var cluster = await LocalCluster.StartAsync(nodes: 1, gateways: 1, argumentsOf: disks.Arguments);
        using var client = new ApiClient(cluster.Gateways[0].Address);
        Assert.True((await client.PutAsync("/v1/nodes/data", "")).IsSuccess);
        var large = new string('x', 1 << 20);
        var written = 0;
        await Eventually.TrueAsync(
            async () =>
            {
                var answer = await client.PutAsync(Invariant($"/v1/nodes/data/{written}"), large);
                written += answer.IsSuccess ? 1 : 0;
                return answer is { Status: 507, Code: "storage-full" };
            },
            Limit,
            "the disk is full");
        Assert.InRange(written, 64, 512);

        Assert.Equal(204, (await client.DeleteAsync("/v1/nodes/data?recursive=true")).Status);
        await TakenAgainAsync(client);
    }

    private static Task RefusedAsync(ApiClient client) => Eventually.TrueAsync(
        async () => await client.PutAsync("/v1/nodes/growth", Value) is { Status: 507, Code: "storage-full" }, Limit, "growth is refused");

    private static Task TakenAgainAsync(ApiClient client) => Eventually.TrueAsync(
        async () => (await client.PutAsync("/v1/nodes/growth", Value)).IsSuccess, Limit, "growth is taken again");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>A small disk for each node.</summary>
    private sealed class Disks : IAsyncDisposable
    {
        public List<SmallDisk> All { get; } = [];

        public static async Task<Disks> MountAsync(int count, int megabytes = 64)
        {
            var disks = new Disks();
            while (disks.All.Count < count)
            {
                disks.All.Add(await SmallDisk.MountAsync(megabytes));
            }

            return disks;
        }

        public IReadOnlyList<string> Arguments(int node) =>
            [$"--Node:DataDirectory={Path.Combine(All[node - 1].Folder, "data")}", "--Node:SegmentBytes=4194304"];

        public SmallDisk Of(LocalCluster cluster, ServerProcess node) => All[cluster.Nodes.ToList().IndexOf(node)];

        public async ValueTask DisposeAsync()
        {
            foreach (var disk in All)
            {
                await disk.DisposeAsync();
            }
        }
    }
}
