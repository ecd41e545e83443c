using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Cluster.Tests.Workloads;

namespace Cloudkeeper.Cluster.Tests;

/// <summary>Without faults, over real sockets: every route, and the proxy changes nothing on the way.</summary>
public sealed class RouteTests : ClusterTest
{
    [Fact]
    public async Task Every_route_answers_the_same_through_the_proxy_as_straight()
    {
        using var straight = new ApiClient(Cluster.Gateways[0].Address);
        using var proxied = new ApiClient(Cluster.Proxy.Address);

        Assert.Equal(await TravelAsync(straight, "straight"), await TravelAsync(proxied, "proxied"), StringComparer.Ordinal);
    }

    [Fact]
    public async Task A_write_that_one_gateway_acknowledged_the_other_one_reads()
    {
        using var writer = new ApiClient(Cluster.Gateways[0].Address);
        using var reader = new ApiClient(Cluster.Gateways[1].Address);
        for (var i = 0; i < 200; i++)
        {
            var written = await writer.PutAsync("/v1/nodes/shared", $"{i}");
            Assert.True(written.IsSuccess, written.ToString());
            Assert.Equal($"{i}", (await reader.GetAsync("/v1/nodes/shared")).Text);
        }
    }

    private static async Task<List<string>> TravelAsync(ApiClient client, string root)
    {
        var tour = new Tour(client, root);
        await tour.NodesAsync();
        await tour.BadRequestsAsync();
        await tour.TransactionsAsync();
        await tour.SessionsAsync();
        await tour.WatchAsync(Stopping);
        await tour.LocksAsync();
        await tour.IdempotencyAsync();
        await tour.OperationsAsync();
        return tour.Transcript;
    }
}
