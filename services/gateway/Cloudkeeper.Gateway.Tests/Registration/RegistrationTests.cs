using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Tests.Registration;

public sealed class RegistrationTests
{
    private const string Path = "/v1/nodes/services/cloudkeeper-gateways/g7";

    private static readonly Dictionary<string, string?> Settings = new()
    {
        ["Gateway:Register"] = "true",
        ["Gateway:Instance"] = "g7",
        ["Gateway:RegistrationTtl"] = "00:00:01",
    };

    [Fact]
    public async Task A_gateway_is_found_while_it_serves()
    {
        var nodes = new TreeNodes();
        await using (var gateway = await StartAsync(nodes))
        {
            var registered = await UntilRegisteredAsync(gateway);
            Assert.Equal($$"""{"address":"{{gateway.Address.GetLeftPart(UriPartial.Authority)}}"}""", registered.Text);
            Assert.Equal("application/json", registered.Headers["Content-Type"]);
        }

        await using var other = new GatewayFixture { Nodes = nodes };
        await other.InitializeAsync();
        (await other.GetAsync(Path)).ShouldBe(404, "node-not-found");
    }

    [Fact]
    public async Task A_gateway_that_comes_back_replaces_what_it_left()
    {
        var nodes = new TreeNodes();
        await using var first = await StartAsync(nodes);
        var before = await UntilRegisteredAsync(first);
        await using var second = await StartAsync(nodes);
        var after = before;
        while (after.Headers["ETag"] == before.Headers["ETag"])
        {
            after = await UntilRegisteredAsync(second);
        }

        Assert.Contains(second.Address.Authority, after.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_session_is_followed_by_a_new_registration()
    {
        var nodes = new TreeNodes();
        await using var gateway = await StartAsync(nodes);
        var before = await UntilRegisteredAsync(gateway);
        var owner = (await gateway.GetAsync(Path + "?view=stat")).Json.GetProperty("stat").GetProperty("ephemeralOwner");
        nodes.Expire(new SessionId(owner.GetInt64()));
        var after = await UntilRegisteredAsync(gateway);
        Assert.NotEqual(before.Headers["ETag"], after.Headers["ETag"]);
    }

    private static async Task<GatewayFixture> StartAsync(TreeNodes nodes)
    {
        var gateway = new GatewayFixture { Nodes = nodes, Settings = Settings };
        await gateway.InitializeAsync();
        return gateway;
    }

    private static async Task<Answer> UntilRegisteredAsync(GatewayFixture gateway)
    {
        var answer = await gateway.GetAsync(Path);
        while ((int)answer.Status != 200)
        {
            answer = await gateway.GetAsync(Path + "?wait=1s&after=0");
        }

        return answer;
    }
}
