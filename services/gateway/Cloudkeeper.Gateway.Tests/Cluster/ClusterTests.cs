using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;

namespace Cloudkeeper.Gateway.Tests.Cluster;

[Collection(SharedGateway.Name)]
public sealed class ClusterTests(GatewayFixture gateway)
{
    [Fact]
    public async Task The_cluster_is_shown_with_its_members_and_gateways()
    {
        var nodes = new TreeNodes();
        await using var own = new GatewayFixture { Nodes = nodes };
        await own.InitializeAsync();
        await own.PutAsync("/v1/nodes/a");
        var session = new SessionId(await own.OpenSessionAsync());
        var register = new RegisterGatewayCommand(new GatewayEntry("g1", "http://127.0.0.1:7101", session));
        await nodes.ExecuteAsync(new CommandRequest(0, null, UInt128.Zero, [], register), session);

        // From feature level 4 on this is a path like any other, and no registration.
        (await own.PutAsync(
            $"/v1/nodes/services/cloudkeeper-gateways/g2?parents=true&session={session}", """{"address":"http://evil:7101"}"""))
            .ShouldBe(201);

        var cluster = (await own.GetAsync("/v1/cluster")).ShouldBe(200);
        Assert.True(cluster.Revision > 0);
        Assert.Equal(
            ["id", "leader", "term", "revision", "featureLevel", "members", "gateways"],
            cluster.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal("n1", cluster.Json.GetProperty("members")[0].GetProperty("id").GetString());
        Assert.Equal(
            """[{"instance":"g1","address":"http://127.0.0.1:7101"}]""", cluster.Json.GetProperty("gateways").GetRawText());
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
