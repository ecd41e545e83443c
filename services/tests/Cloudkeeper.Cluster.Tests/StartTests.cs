using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests;

public sealed class StartTests : ClusterTest
{
    /// <summary>The promise is 10 s on an idle machine; twice that leaves room for a busy one.</summary>
    [Fact]
    public async Task The_cluster_is_ready_soon_after_its_start()
    {
        Report($"ready after {Cluster.StartTime.TotalSeconds:F1} s");

        Assert.InRange(Cluster.StartTime, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        using var client = new ApiClient(Cluster.Proxy.Address);
        Assert.Equal(201, (await client.PutAsync("/v1/nodes/first", "value")).Status);
        Assert.Equal("value", (await client.GetAsync("/v1/nodes/first")).Text);
    }

    [Fact]
    public async Task Every_server_shuts_down_in_order_when_asked_to()
    {
        foreach (var server in (ServerProcess[])[Cluster.Proxy, .. Cluster.Gateways, .. Cluster.Nodes])
        {
            server.Send(Signal.Terminate);
            Assert.Equal(0, await server.WaitForExitAsync());
        }
    }
}
