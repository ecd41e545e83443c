using System.Globalization;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Cluster.Tests.Workloads;

namespace Cloudkeeper.Cluster.Tests;

/// <summary>From a running cluster to a file, and from that, or from a survivor, to another cluster.</summary>
public sealed class BackupTests : ClusterTest
{
    /// <summary>A restored cluster goes on at the next multiple of it.</summary>
    private const long Stride = 1L << 44;

    [Fact]
    public async Task A_backup_under_writes_becomes_a_new_cluster_in_which_all_that_is_old_is_known_as_old()
    {
        await AcknowledgedWrites.PrepareAsync(Cluster.Proxy.Address);
        using var client = new ApiClient(Cluster.Proxy.Address);
        var written = await client.PutAsync("/v1/nodes/document", "before");
        var ticket = (await client.PostJsonAsync("/v1/locks/printer", new { ttl = "60s" })).Json.GetProperty("fencingToken").GetInt64();
        var writes = new AcknowledgedWrites([Cluster.Proxy.Address], clients: 8, attempts: 1, perSecond: 200);
        var writing = writes.RunAsync();
        await writes.FlowAsync();
        var last = (await client.PutAsync("/v1/nodes/last", "acknowledged before the backup")).Revision!.Value;
        var (file, revision) = await BackUpAsync(client);
        await writes.FlowAsync();
        writes.Stop();
        await writing;
        Assert.Empty(writes.Failures);
        Assert.InRange(revision, last, Stride - 1);

        await using var restored = await LocalCluster.StartAsync(backup: file);
        using var other = new ApiClient(restored.Proxy.Address);
        Assert.Equal("before", (await other.GetAsync("/v1/nodes/document")).Text);
        Assert.Equal("acknowledged before the backup", (await other.GetAsync("/v1/nodes/last")).Text);
        var next = await other.PutAsync("/v1/nodes/document", "after");
        Assert.InRange(next.Revision!.Value, Stride, Stride + 1000);

        var stale = ("If-Match", written.Header("ETag") ?? $"\"{written.Revision}\"");
        Assert.Equal("revision-mismatch", (await other.PutAsync("/v1/nodes/document", "late", stale)).Code);
        var fence = ("Cloudkeeper-Fence", ticket.ToString(CultureInfo.InvariantCulture));
        Assert.Equal("fence-lost", (await other.PutAsync("/v1/nodes/document", "late", fence)).Code);
        Assert.Equal("revision-compacted", (await other.GetAsync($"/v1/watch?path=/document&from={last}")).Code);
        var granted = await other.PostJsonAsync("/v1/locks/printer", new { ttl = "60s" });
        Assert.True(granted.Json.GetProperty("fencingToken").GetInt64() > Stride, granted.ToString());
    }

    /// <summary>Two of three are lost for good. What the last one has is all there is; here it has everything.</summary>
    [Fact]
    public async Task A_survivor_of_a_lost_majority_becomes_a_cluster_again_and_grows()
    {
        using var client = new ApiClient(Cluster.Proxy.Address);
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(201, (await client.PutAsync($"/v1/nodes/kept-{i}", $"{i}")).Status);
        }

        await Cluster.WaitUntilReplicatedAsync(lagLimit: 0);
        var survivor = Cluster.Nodes[2];
        foreach (var lost in Cluster.Nodes.Where(node => node != survivor).ToList())
        {
            await Cluster.WipeAsync(lost);
            Cluster.Leave(lost);
        }

        await survivor.KillAsync();
        var recovery = await survivor.RunAsync("recover");
        Assert.True(recovery.ExitCode == 0, recovery.Output + recovery.Error);
        Report(recovery.Output);
        survivor.Start();
        await Cluster.AddNodesAsync(2);
        await Cluster.WaitUntilReadyAsync();
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal($"{i}", (await client.GetAsync($"/v1/nodes/kept-{i}")).Text);
        }

        Assert.Equal(201, (await client.PutAsync("/v1/nodes/after", "1")).Status);
        Assert.Equal(3, (await client.GetAsync("/v1/cluster")).Json.GetProperty("members").GetArrayLength());
    }

    private async Task<(string File, long Revision)> BackUpAsync(ApiClient client)
    {
        var answer = await client.GetAsync("/v1/cluster/snapshot");
        Assert.Equal((200, "application/octet-stream"), (answer.Status, answer.ContentType));
        var file = Cluster.NewFile("backup");
        await File.WriteAllBytesAsync(file, answer.Body, Stopping);
        return (file, answer.Revision!.Value);
    }
}
