using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests.Disks;

/// <summary>Disks that fail under real nodes.</summary>
public sealed class DiskTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>The node is alone, so that no other makes up for it.</summary>
    [Theory]
    [InlineData("fdatasync", "EIO", "Input/output error")]
    [InlineData("pwrite64", "EIO", "Input/output error")]
    [InlineData("pwrite64", "EROFS", "Read-only file system")]
    public async Task A_disk_that_fails_ends_the_node_with_a_message_and_nothing_more_is_acknowledged(
        string call, string error, string message)
    {
        await using var cluster = await LocalCluster.StartAsync(nodes: 1, gateways: 1);
        var node = cluster.Nodes[0];
        using var client = new ApiClient(cluster.Gateways[0].Address);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(201, (await client.PutAsync($"/v1/nodes/before-{i}", "kept")).Status);
        }

        using (await FailingSystemCall.StartAsync(node.Id, call, error))
        {
            var write = client.PutAsync("/v1/nodes/after", "lost or not, but not promised");
            Assert.NotEqual(0, await node.WaitForExitAsync());
            Assert.False((await write).IsSuccess);
        }

        var log = await File.ReadAllTextAsync(node.LogFile, TestContext.Current.CancellationToken);
        Assert.Contains("Cloudkeeper node stops: ", log, StringComparison.Ordinal);
        Assert.Contains(message, log, StringComparison.Ordinal);

        node.Start();
        await cluster.LeaderAsync();
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("kept", (await client.GetAsync($"/v1/nodes/before-{i}")).Text);
        }
    }

    /// <summary>The others commit what the leader, which does not get it onto its own disk, never applies (F-01).</summary>
    [Fact]
    public async Task A_leader_whose_disk_hangs_hands_over_and_writes_go_on()
    {
        await using var cluster = await LocalCluster.StartAsync(nodes: 3, gateways: 1);
        using var client = new ApiClient(cluster.Gateways[0].Address);
        await cluster.WaitUntilReplicatedAsync(0);
        var leader = await cluster.LeaderAsync();
        var session = (await client.PostJsonAsync("/v1/sessions", new { ttl = "20s" })).Json.GetProperty("id").ToString();

        using (await FailingSystemCall.HangAsync(leader.Id, "fdatasync"))
        {
            Assert.True((await client.PutAsync("/v1/nodes/a", "during")).IsSuccess);
            Assert.NotEqual(leader.Name, (await cluster.LeaderAsync()).Name);
            Assert.Equal(200, (await client.PostJsonAsync($"/v1/sessions/{session}/keepalive", new { })).Status);
            Assert.Equal("during", (await client.GetAsync("/v1/nodes/a")).Text);
        }

        await cluster.WaitUntilReplicatedAsync(0);
        Assert.Contains(
            "finishes no writes",
            await File.ReadAllTextAsync(leader.LogFile, TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
        Assert.True(cluster.Nodes.All(node => node.IsRunning));
    }
}
