using Cloudkeeper.Gateway.Tests.Cluster;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Gateway.Tests.Registration;

/// <summary>Below feature level 4, while nodes are being upgraded: in the tree, at a path that is closed to clients.</summary>
public sealed class OldRegistrationTests : IAsyncLifetime
{
    private const string Parent = "/services/cloudkeeper-gateways";
    private const string Path = "/v1/nodes" + Parent + "/g7";
    private const string Evil = """{"address":"http://evil:7100"}""";

    private readonly TreeNodes _nodes = new(level: FeatureLevels.GatewayTable - 1);
    private readonly FakeCluster _cluster = new() { FeatureLevel = FeatureLevels.GatewayTable - 1 };
    private GatewayFixture? _started;

    private GatewayFixture Gateway => _started!;

    private string OwnValue => $$"""{"address":"{{Gateway.Address.GetLeftPart(UriPartial.Authority)}}"}""";

    public async ValueTask InitializeAsync()
    {
        _started = await RegistrationTests.StartAsync(_nodes, _cluster);
        await UntilRegisteredAsync();
    }

    public async ValueTask DisposeAsync() => await Gateway.DisposeAsync();

    [Fact]
    public async Task It_is_an_ephemeral_node_that_the_cluster_shows()
    {
        var stat = (await Gateway.GetAsync(Path + "?view=stat")).ShouldBe(200).Json.GetProperty("stat");
        Assert.Equal("ephemeral", stat.GetProperty("kind").GetString());
        Assert.Equal(
            $$"""[{"instance":"g7",{{OwnValue[1..^1]}}}]""",
            (await Gateway.GetAsync("/v1/cluster")).Json.GetProperty("gateways").GetRawText());
    }

    [Theory]
    [InlineData("PUT", Parent, Evil)]
    [InlineData("PUT", Parent + "/g7", Evil)]
    [InlineData("PUT", Parent + "/evil", Evil)]
    [InlineData("PUT", Parent + "/g7/below?parents=true", Evil)]
    [InlineData("PUT", Parent + "/evil?session=SESSION", Evil)]
    [InlineData("PUT", Parent + "/evil?ttl=30s", Evil)]
    [InlineData("PUT", Parent + "/evil?kind=container", Evil)]
    [InlineData("PUT", "/services/cloudkeeper%2Dgateways/evil", Evil)]
    [InlineData("PUT", "/services?session=SESSION", "")]
    [InlineData("POST", Parent + "?prefix=evil-", Evil)]
    [InlineData("POST", Parent, Evil)]
    [InlineData("DELETE", Parent + "/g7", null)]
    [InlineData("DELETE", Parent + "/evil", null)]
    [InlineData("DELETE", Parent, null)]
    [InlineData("DELETE", Parent + "?recursive=true", null)]
    [InlineData("DELETE", "/services?recursive=true", null)]
    public async Task Clients_do_not_write_there_through_a_node(string method, string path, string? body)
    {
        var session = await Gateway.OpenSessionAsync();
        var url = "/v1/nodes" + path.Replace("SESSION", $"{session}", StringComparison.Ordinal);
        await RefusesAsync(() => Gateway.SendAsync(method, url, body));
    }

    [Theory]
    [InlineData("""{"create":{"path":"PARENT/evil","value":"x"}}""")]
    [InlineData("""{"create":{"path":"PARENT/evil","value":"x","session":SESSION}}""")]
    [InlineData("""{"create":{"parent":"PARENT","prefix":"evil-","value":"x"}}""")]
    [InlineData("""{"set":{"path":"PARENT/g7","value":"x"}}""")]
    [InlineData("""{"put":{"path":"PARENT/g7","value":"x"}}""")]
    [InlineData("""{"put":{"path":"PARENT","value":"x"}}""")]
    [InlineData("""{"delete":{"path":"PARENT/g7"}}""")]
    [InlineData("""{"delete":{"path":"PARENT","recursive":true}}""")]
    [InlineData("""{"delete":{"path":"/services","recursive":true}}""")]
    [InlineData("""{"add":{"path":"PARENT/evil","amount":1}}""")]
    [InlineData("""{"create":{"path":"/services","session":SESSION}}""")]
    public async Task Clients_do_not_write_there_in_a_transaction(string operation)
    {
        operation = operation.Replace("PARENT", Parent, StringComparison.Ordinal)
            .Replace("SESSION", $"{await Gateway.OpenSessionAsync()}", StringComparison.Ordinal);
        await RefusesAsync(() => Gateway.PostAsync("/v1/transactions", $$"""{"then":[{{operation}}]}"""));
        await RefusesAsync(() => Gateway.PostAsync("/v1/transactions", $$$"""{"else":[{"get":{"path":"/"}},{{{operation}}}]}"""));
    }

    [Theory]
    [InlineData(Parent)]
    [InlineData(Parent + "/g7")]
    public Task Clients_do_not_lock_there(string path) =>
        RefusesAsync(() => Gateway.PostAsync("/v1/locks" + path, """{"ttl":"10s"}"""));

    [Fact]
    public async Task Everything_beside_it_is_the_clients()
    {
        (await Gateway.PutAsync("/v1/nodes/services/mine")).ShouldBe(201);
        (await Gateway.PutAsync("/v1/nodes/services/cloudkeeper-gateways-of-mine")).ShouldBe(201);
        (await Gateway.PutAsync("/v1/nodes/services", "x")).ShouldBe(200);
        (await Gateway.PostAsync("/v1/nodes/services?prefix=cloudkeeper-gateways")).ShouldBe(201);
        (await Gateway.PostAsync("/v1/transactions", $$$"""{"if":[{"path":"{{{Parent}}}","exists":true}],"then":[{"get":{"path":"{{{Parent}}}/g7"}}]}"""))
            .ShouldBe(200);
        (await Gateway.GetAsync(Path)).ShouldBe(200);
        (await Gateway.DeleteAsync("/v1/nodes/services/mine")).ShouldBe(204);
    }

    [Fact]
    public async Task A_registration_that_was_deleted_is_renewed()
    {
        await RegistrationTests.ExecuteAsync(_nodes, new MutationCommand(new DeleteOperation("/services", Recursive: true)));
        await UntilRegisteredAsync();
    }

    [Fact]
    public async Task A_registration_that_was_replaced_is_renewed()
    {
        var session = new SessionId(await Gateway.OpenSessionAsync());
        await RegistrationTests.ExecuteAsync(_nodes, new TransactionCommand(
            [],
            [
                new DeleteOperation(Parent + "/g7"),
                new WriteOperation(
                    Parent + "/g7", System.Text.Encoding.UTF8.GetBytes(Evil), "application/json",
                    Kind: NodeKind.Ephemeral, KindGiven: true, Session: session),
            ],
            []));
        await UntilRegisteredAsync();
    }

    [Fact]
    public async Task It_moves_into_the_table_when_the_level_rises_and_the_path_is_free()
    {
        _nodes.RaiseLevel(FeatureLevels.GatewayTable);
        _cluster.FeatureLevel = FeatureLevels.GatewayTable;
        await Until.TrueAsync(() => _nodes.Gateways.Any(entry => entry.Instance == "g7"));
        Assert.Equal(Gateway.Address.GetLeftPart(UriPartial.Authority), _nodes.Gateways[0].Address);

        var left = await Gateway.GetAsync("/v1/nodes" + Parent);
        while ((int)left.Status == 200)
        {
            left = await Gateway.GetAsync("/v1/nodes" + Parent + $"?wait=1s&after={left.Headers["ETag"].Trim('"')}");
        }

        left.ShouldBe(404, "node-not-found");
        (await Gateway.PutAsync("/v1/nodes" + Parent)).ShouldBe(201);
    }

    private async Task RefusesAsync(Func<Task<Answer>> request)
    {
        var before = _nodes.Revision;
        var answer = (await request()).ShouldBe(400, "invalid-operation");
        Assert.Contains(Parent, answer.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(before, _nodes.Revision);
    }

    private async Task UntilRegisteredAsync()
    {
        while ((await Gateway.GetAsync(Path)) is var answer && ((int)answer.Status != 200 || answer.Text != OwnValue))
        {
            await Task.Yield();
        }
    }
}
