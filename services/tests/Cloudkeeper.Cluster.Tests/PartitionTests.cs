using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Cluster.Tests.Workloads;

namespace Cloudkeeper.Cluster.Tests;

public sealed class PartitionTests : ClusterTest, IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly FaultyNetwork _network = new();

    /// <summary>Without the question before an election it would come back with a later term, and depose the leader.</summary>
    [Fact]
    public async Task A_follower_that_comes_back_from_behind_a_partition_causes_no_change_of_leader()
    {
        await AcknowledgedWrites.PrepareAsync(Cluster.Proxy.Address);
        var writes = new AcknowledgedWrites([Cluster.Proxy.Address], clients: 8, attempts: 1, perSecond: 100);
        var writing = writes.RunAsync();
        var leader = await Cluster.LeaderAsync();
        foreach (var follower in Cluster.Nodes.Where(node => node != leader))
        {
            await Cluster.WaitUntilReplicatedAsync(lagLimit: 100);
            var before = await LeadershipAsync();
            _network.Isolate(follower);
            await Eventually.TrueAsync(async () => !await IsReadyAsync(follower), Limit, $"{follower.Name} misses its leader");
            await writes.FlowAsync();
            _network.Heal();
            await Cluster.WaitUntilReplicatedAsync(lagLimit: 100);
            await writes.FlowAsync();
            Assert.Equal(before, await LeadershipAsync());
        }

        writes.Stop();
        await writing;
        Assert.Empty(writes.Failures);
        await writes.VerifyAsync(Cluster.Proxy.Address);
    }

    protected override Task<LocalCluster> StartAsync() => LocalCluster.StartAsync(advertise: _network.Advertise);

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await DisposeAsync();
        await _network.DisposeAsync();
    }

    private static async Task<bool> IsReadyAsync(ServerProcess server)
    {
        using var client = new ApiClient(server.Address);
        return (await client.GetAsync("/readyz")).Status == 200;
    }

    private async Task<string> LeadershipAsync()
    {
        using var client = new ApiClient(Cluster.Proxy.Address);
        var cluster = (await client.GetAsync("/v1/cluster")).Json;
        return $"{cluster.GetProperty("leader")} in term {cluster.GetProperty("term")}";
    }
}
