using System.Collections.Concurrent;
using Cloudkeeper.Cluster.Tests.Clusters;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Proxy.Tests;

public sealed class DiscoveryTests
{
    [Fact(Timeout = 60_000)]
    public async Task Gateways_that_a_node_names_take_the_place_of_the_static_list()
    {
        await using var named = await FakeGateway.StartAsync(FakeGateway.Say("named"));
        await using var listed = await FakeGateway.StartAsync(FakeGateway.Say("listed"));
        await using var node = await FakeGateway.StartAsync(Registered(named));
        await using var proxy = await TestProxy.StartAsync(
            $"--Proxy:Nodes={TestProxy.FreeAddress()},{node.Address}", $"--Proxy:Gateways={listed.Address}");

        Assert.Equal("named", await proxy.AnswerAfterAsync("listed"));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_last_answer_stands_when_no_node_answers_any_more()
    {
        await using var gateway = await FakeGateway.StartAsync(FakeGateway.Say("here"));
        var silent = false;
        using var askedInVain = new SemaphoreSlim(0);
        await using var node = await FakeGateway.StartAsync(context =>
        {
            if (!silent)
            {
                return Registered(gateway)(context);
            }

            FakeGateway.Die(context);
            askedInVain.Release();
            return Task.CompletedTask;
        });
        await using var proxy = await TestProxy.StartAsync($"--Proxy:Nodes={node.Address}");
        await proxy.UntilReadyAsync(1);

        silent = true;
        await askedInVain.WaitAsync(TestContext.Current.CancellationToken);
        await askedInVain.WaitAsync(TestContext.Current.CancellationToken);

        Assert.Equal("here", await proxy.Client.GetStringAsync("/v1/nodes/a", TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_gateway_that_registers_later_is_used_and_one_that_is_gone_is_not()
    {
        await using var one = await FakeGateway.StartAsync(FakeGateway.Say("one"));
        await using var two = await FakeGateway.StartAsync(FakeGateway.Say("two"));
        var registered = one;
        await using var node = await FakeGateway.StartAsync(context => Registered(registered)(context));
        await using var proxy = await TestProxy.StartAsync($"--Proxy:Nodes={node.Address}");
        await proxy.UntilReadyAsync(1);
        Assert.Equal("one", await proxy.Client.GetStringAsync("/v1/nodes/a", TestContext.Current.CancellationToken));

        registered = two;
        Assert.Equal("two", await proxy.AnswerAfterAsync("one"));
    }

    /// <summary>The only node of the settings has left the cluster: it still answers, and knows nothing new.</summary>
    [Fact(Timeout = 60_000)]
    public async Task Nodes_that_have_joined_are_asked_in_place_of_those_that_have_left()
    {
        await using var early = await FakeGateway.StartAsync(FakeGateway.Say("early"));
        await using var late = await FakeGateway.StartAsync(FakeGateway.Say("late"));
        FakeGateway? joined = null;
        FakeGateway? self = null;
        await using var left = self = await FakeGateway.StartAsync(context =>
            MemberAsync(context, early, "n1", joined is null ? ("n1", self!.Address) : ("n4", joined.Address)));
        await using var proxy = await TestProxy.StartAsync($"--Proxy:Nodes={left.Address}");
        await proxy.UntilReadyAsync(1);
        Assert.Equal("early", await proxy.Client.GetStringAsync("/v1/nodes/a", TestContext.Current.CancellationToken));

        await using var node = await FakeGateway.StartAsync(context => MemberAsync(context, late, "n4", ("n4", joined!.Address)));
        joined = node;
        Assert.Equal("late", await proxy.AnswerAfterAsync("early"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Nodes_are_shown_the_cluster_key_and_gateways_never_are()
    {
        var shown = new ConcurrentBag<string>();
        await using var gateway = await FakeGateway.StartAsync(context =>
            context.Response.WriteAsync($"key: {context.Request.Headers.Authorization}"));
        await using var node = await FakeGateway.StartAsync(context =>
        {
            shown.Add(context.Request.Headers.Authorization.ToString());
            return Registered(gateway)(context);
        });
        await using var proxy = await TestProxy.StartAsync($"--Proxy:Nodes={node.Address}");
        await proxy.UntilReadyAsync(1);

        Assert.Equal([TestClusterKey.Authorization], shown.Distinct(StringComparer.Ordinal));
        Assert.Equal("key: ", await proxy.Client.GetStringAsync("/v1/nodes/a", TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("--Proxy:Nodes=127.0.0.1:7001", "Proxy:Nodes: '127.0.0.1:7001'")]
    [InlineData("--Proxy:Gateways=http://a:1,https://b:2", "Proxy:Gateways: 'https://b:2'")]
    [InlineData("--Proxy:Nodes=", "Proxy:Nodes or Proxy:Gateways must be set")]
    public async Task Settings_that_cannot_work_are_named_at_the_start(string setting, string message)
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => TestProxy.StartAsync(setting));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private static RequestDelegate Registered(FakeGateway gateway) => context => context.Response.WriteAsJsonAsync(
        new { gateways = new[] { new { instance = "g1", address = gateway.Address } } });

    /// <summary>A node that knows one gateway, and the leader.</summary>
    private static Task MemberAsync(HttpContext context, FakeGateway gateway, string self, (string Id, string Url) leader) =>
        context.Request.Path == "/cluster"
            ? context.Response.WriteAsJsonAsync(new
            {
                id = "c",
                node = self,
                leader = leader.Id,
                term = 1,
                members = new[] { new { id = leader.Id, url = leader.Url, role = "voter" } },
            })
            : Registered(gateway)(context);
}
