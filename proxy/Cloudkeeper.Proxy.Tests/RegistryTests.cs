using System.Text.Json;

namespace Cloudkeeper.Proxy.Tests;

/// <summary>
/// AT-16: with any content of the registry, the proxy stays up, uses the gateways, and sends nothing elsewhere.
/// </summary>
public sealed class RegistryTests
{
    [Fact(Timeout = 60_000)]
    public async Task Entries_that_are_no_gateways_hide_none_that_is()
    {
        var garbage = string.Join(',', GatewayListTests.Garbage.Select(row => row.Data));
        await using var gateway = await FakeGateway.StartAsync(FakeGateway.Say("gateway"));
        await using var node = await FakeNode.StartAsync(
            $$"""{"gateways":[{{garbage}},{"instance":"g1","address":"{{gateway.Address}}"},{{garbage}}]}""");
        await using var proxy = await TestProxy.StartAsync($"--Proxy:Nodes={node.Address}");

        await proxy.UntilReadyAsync(1);
        await proxy.UntilKnownAsync(1);
        Assert.Equal("gateway", await proxy.Client.GetStringAsync("/v1/nodes/a", TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task Spellings_of_one_address_are_one_gateway()
    {
        await using var gateway = await FakeGateway.StartAsync(FakeGateway.Say("gateway"));
        var port = new Uri(gateway.Address).Port;
        await using var node = await FakeNode.StartAsync(Registered(
            $"http://127.0.0.1:{port}", $"http://127.0.0.1:{port}/", $"HTTP://127.0.0.1:{port}", $" http://127.1:{port} ",
            $"https://127.0.0.1:{port}", $"http://[::ffff:127.0.0.1]:{port}", $"http://127.0.0.1:{port}/x"));
        await using var proxy = await TestProxy.StartAsync($"--Proxy:Nodes={node.Address}");

        await proxy.UntilReadyAsync(1);
        await proxy.UntilKnownAsync(1);
        Assert.Equal("gateway", await proxy.Client.GetStringAsync("/v1/nodes/a", TestContext.Current.CancellationToken));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("http://127.0.0.1:{0}")]
    [InlineData("http://LOCALHOST:{0}/")]
    public async Task The_proxy_itself_is_no_gateway_of_it(string spelling)
    {
        await using var gateway = await FakeGateway.StartAsync(FakeGateway.Say("gateway"));
        await using var node = await FakeNode.StartAsync(Registered());
        await using var proxy = await TestProxy.StartAsync($"--Proxy:Nodes={node.Address}", $"--Proxy:Gateways={gateway.Address}");
        var own = string.Format(System.Globalization.CultureInfo.InvariantCulture, spelling, proxy.Address.Port);

        node.Gateways = context => context.Response.WriteAsync(Registered(own, gateway.Address));
        await node.UntilHeardAsync();
        await proxy.UntilKnownAsync(1);
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("gateway", await proxy.Client.GetStringAsync("/v1/nodes/a", TestContext.Current.CancellationToken));
        }

        // All that there is: the last good answer stands, and nothing runs in circles.
        node.Gateways = context => context.Response.WriteAsync(Registered(own));
        await node.UntilHeardAsync();
        Assert.Equal("gateway", await proxy.Client.GetStringAsync("/v1/nodes/a", TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_node_is_no_gateway()
    {
        await using var gateway = await FakeGateway.StartAsync(FakeGateway.Say("gateway"));
        await using var node = await FakeNode.StartAsync(Registered());
        node.Gateways = context => context.Response.WriteAsync(Registered(node.Address, gateway.Address));
        await using var proxy = await TestProxy.StartAsync($"--Proxy:Nodes={node.Address}");

        await proxy.UntilReadyAsync(1);
        await proxy.UntilKnownAsync(1);
        Assert.Equal("gateway", await proxy.Client.GetStringAsync("/v1/nodes/a", TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_answer_that_is_no_list_costs_that_answer()
    {
        await using var gateway = await FakeGateway.StartAsync(FakeGateway.Say("gateway"));
        await using var node = await FakeNode.StartAsync("<html>");
        await using var good = await FakeNode.StartAsync(Registered(gateway.Address));
        await using var proxy = await TestProxy.StartAsync($"--Proxy:Nodes={node.Address},{good.Address}");

        await proxy.UntilReadyAsync(1);
        Assert.Equal("gateway", await proxy.Client.GetStringAsync("/v1/nodes/a", TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_answer_without_end_is_not_read()
    {
        await using var gateway = await FakeGateway.StartAsync(FakeGateway.Say("gateway"));
        await using var node = await FakeNode.StartAsync(async context =>
        {
            var much = new byte[1 << 20];
            Array.Fill(much, (byte)' ');
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(much, context.RequestAborted);
            }
        });
        await using var proxy = await TestProxy.StartAsync($"--Proxy:Nodes={node.Address}", $"--Proxy:Gateways={gateway.Address}");
        await node.UntilHeardAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await node.UntilHeardAsync();

        // Three answers were broken off, each after the same number of bytes.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 16 << 20);
        Assert.Equal("gateway", await proxy.Client.GetStringAsync("/v1/nodes/a", TestContext.Current.CancellationToken));
    }

    /// <summary>Before feature level 4 any client may write there.</summary>
    [Fact(Timeout = 60_000)]
    public async Task A_crowd_does_not_displace_gateways_that_are_in_use()
    {
        await using var gateway = await FakeGateway.StartAsync(FakeGateway.Say("gateway"));
        await using var node = await FakeNode.StartAsync(Registered(gateway.Address));
        await using var proxy = await TestProxy.StartAsync($"--Proxy:Nodes={node.Address}");
        await proxy.UntilReadyAsync(1);

        string[] crowd = [.. Enumerable.Range(1, 10_000).Select(i => $"http://127.9.{i / 250}.{i % 250}:1"), gateway.Address];
        node.Gateways = context => context.Response.WriteAsync(Registered(crowd));

        await proxy.UntilKnownAsync(256);
        Assert.Equal("gateway", await proxy.Client.GetStringAsync("/v1/nodes/a", TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_destination_that_has_not_been_ready_gets_nothing_while_others_are_there()
    {
        var release = new TaskCompletionSource();
        await using var gateway = await FakeGateway.StartAsync(async context =>
        {
            await (context.Request.Path == "/v1/watch" ? release.Task : Task.CompletedTask);
            await context.Response.WriteAsync("gateway");
        });
        await using var silent = await FakeGateway.StartAsync(FakeGateway.Say("silent"));
        silent.HoldsProbes = true;
        await using var node = await FakeNode.StartAsync(Registered(gateway.Address));
        await using var proxy = await TestProxy.StartAsync($"--Proxy:Nodes={node.Address}");
        await proxy.UntilReadyAsync(1);

        // The gateway is busy: it would not be chosen if the other one could be.
        var busy = proxy.Client.GetStringAsync("/v1/watch", TestContext.Current.CancellationToken);
        node.Gateways = context => context.Response.WriteAsync(Registered(gateway.Address, silent.Address));
        await proxy.UntilKnownAsync(2);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("gateway", await proxy.Client.GetStringAsync("/v1/nodes/a", TestContext.Current.CancellationToken));
        }

        silent.HoldsProbes = false;
        await proxy.UntilReadyAsync(2);
        Assert.Equal("silent", await proxy.Client.GetStringAsync("/v1/nodes/a", TestContext.Current.CancellationToken));
        release.SetResult();
        Assert.Equal("gateway", await busy);
    }

    private static string Registered(params string[] addresses) => JsonSerializer.Serialize(
        new { gateways = addresses.Select((address, i) => new { instance = $"g{i}", address }) });
}
