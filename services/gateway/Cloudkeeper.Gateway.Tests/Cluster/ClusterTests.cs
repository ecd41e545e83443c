using Cloudkeeper.Gateway.Tests.Hosting;

namespace Cloudkeeper.Gateway.Tests.Cluster;

[Collection(SharedGateway.Name)]
public sealed class ClusterTests(GatewayFixture gateway)
{
    [Fact]
    public async Task The_cluster_is_shown_with_its_members_and_gateways()
    {
        await gateway.PutAsync("/v1/nodes/services/cloudkeeper-gateways?parents=true");
        await gateway.PutAsync("/v1/nodes/services/cloudkeeper-gateways/g1", """{"address":"http://127.0.0.1:7101"}""");
        await gateway.PutAsync("/v1/nodes/services/cloudkeeper-gateways/odd", "not json");
        var cluster = (await gateway.GetAsync("/v1/cluster")).ShouldBe(200);
        Assert.True(cluster.Revision > 0);
        Assert.Equal(
            ["id", "leader", "term", "revision", "members", "gateways"],
            cluster.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal("n1", cluster.Json.GetProperty("members")[0].GetProperty("id").GetString());
        var gateways = cluster.Json.GetProperty("gateways");
        Assert.Equal("g1", gateways[0].GetProperty("instance").GetString());
        Assert.Equal("http://127.0.0.1:7101", gateways[0].GetProperty("address").GetString());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, gateways[1].GetProperty("address").ValueKind);
    }

    [Fact]
    public async Task A_backup_is_passed_through()
    {
        var backup = (await gateway.GetAsync("/v1/cluster/snapshot")).ShouldBe(200);
        Assert.Equal([1, 2, 3], backup.Body);
        Assert.Equal(7, backup.Revision);
        Assert.Equal("3", backup.Headers["Content-Length"]);
        Assert.Equal("application/octet-stream", backup.Headers["Content-Type"]);
        Assert.Equal("attachment; filename=c-7.snapshot", backup.Headers["Content-Disposition"]);
    }
}
