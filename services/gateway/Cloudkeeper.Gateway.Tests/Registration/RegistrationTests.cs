using Cloudkeeper.Gateway.Tests.Cluster;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;

namespace Cloudkeeper.Gateway.Tests.Registration;

/// <summary>At the newest feature level: in the table.</summary>
public sealed class RegistrationTests
{
    internal static readonly Dictionary<string, string?> Settings = new()
    {
        ["Gateway:Register"] = "true",
        ["Gateway:Instance"] = "g7",
        ["Gateway:RegistrationTtl"] = "00:00:01",
    };

    private readonly TreeNodes _nodes = new();

    [Fact]
    public async Task A_gateway_is_found_while_it_serves()
    {
        await using (var gateway = await StartAsync(_nodes))
        {
            var entry = await UntilRegisteredAsync(gateway);
            Assert.Equal(("g7", gateway.Address.GetLeftPart(UriPartial.Authority)), (entry.Instance, entry.Address));
            Assert.Equal(
                $$"""[{"instance":"g7","address":"{{entry.Address}}"}]""",
                (await gateway.GetAsync("/v1/cluster")).Json.GetProperty("gateways").GetRawText());
            (await gateway.GetAsync("/v1/nodes/services")).ShouldBe(404, "node-not-found");
        }

        Assert.Empty(_nodes.Gateways);
    }

    [Fact]
    public async Task A_gateway_that_comes_back_replaces_its_old_registration()
    {
        await using var first = await StartAsync(_nodes);
        await UntilRegisteredAsync(first);
        await using var second = await StartAsync(_nodes);
        await Until.TrueAsync(() => IsRegistered(second));
        Assert.Single(_nodes.Gateways);
    }

    [Fact]
    public async Task A_lost_session_is_followed_by_a_new_registration()
    {
        await using var gateway = await StartAsync(_nodes);
        var before = await UntilRegisteredAsync(gateway);
        _nodes.Expire(before.Session);
        Assert.NotEqual(before.Session, (await UntilRegisteredAsync(gateway)).Session);
    }

    [Fact]
    public async Task A_registration_that_another_gateway_has_replaced_is_renewed()
    {
        await using var gateway = await StartAsync(_nodes);
        var before = await UntilRegisteredAsync(gateway);
        var session = new SessionId(await gateway.OpenSessionAsync());
        await ExecuteAsync(_nodes, new RegisterGatewayCommand(new GatewayEntry("g7", "http://10.0.0.9:7100", session)));
        Assert.False(IsRegistered(gateway));

        Assert.Equal(before, await UntilRegisteredAsync(gateway));
    }

    [Fact]
    public async Task A_gateway_that_stops_while_it_registers_is_not_found_afterwards()
    {
        var opening = new TaskCompletionSource();
        var isDecided = new TaskCompletionSource();
        _nodes.Deciding = command =>
        {
            opening.TrySetResult();
            return command is OpenSessionCommand ? isDecided.Task : Task.CompletedTask;
        };
        var gateway = await StartAsync(_nodes);
        await opening.Task;

        var stopping = gateway.DisposeAsync().AsTask();
        isDecided.SetResult();
        await stopping;
        Assert.Empty(_nodes.Gateways);
        Assert.Equal(0, _nodes.SessionCount);
    }

    internal static async Task<GatewayFixture> StartAsync(TreeNodes nodes, FakeCluster? cluster = null)
    {
        var gateway = new GatewayFixture { Nodes = nodes, Cluster = cluster ?? new FakeCluster(), Settings = Settings };
        await gateway.InitializeAsync();
        return gateway;
    }

    internal static ValueTask<CommandResult> ExecuteAsync(TreeNodes nodes, Command command) =>
        nodes.ExecuteAsync(new CommandRequest(0, null, UInt128.Zero, [], command), session: null);

    private bool IsRegistered(GatewayFixture gateway) => _nodes.Gateways.Any(entry => IsOf(entry, gateway));

    private static bool IsOf(GatewayEntry entry, GatewayFixture gateway) =>
        entry.Address == gateway.Address.GetLeftPart(UriPartial.Authority);

    private async Task<GatewayEntry> UntilRegisteredAsync(GatewayFixture gateway)
    {
        await Until.TrueAsync(() => IsRegistered(gateway));
        return _nodes.Gateways.Single(entry => IsOf(entry, gateway));
    }
}
