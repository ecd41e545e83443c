using System.Net;
using System.Text.Json;

namespace Cloudkeeper.Proxy.Tests;

/// <summary>
/// Requests go only to gateways that know the cluster key, not to others that answer as ready (AT-16).
/// </summary>
public sealed class ProofTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_stranger_without_the_cluster_key_gets_nothing_even_as_the_only_one()
    {
        await using var stranger = await FakeGateway.StartAsync(FakeGateway.Say("stranger"));
        stranger.ProvenAddress = "";
        await using var node = await FakeNode.StartAsync(Registered(stranger.Address));
        await using var proxy = await TestProxy.StartAsync($"--Proxy:Nodes={node.Address}");
        await proxy.UntilKnownAsync(1);

        // Before it was asked, afterwards, and when it is not ready either.
        await RefusedAsync(proxy);
        await stranger.UntilJudgedAsync();
        await RefusedAsync(proxy);
        stranger.IsReady = false;
        await stranger.UntilJudgedAsync();
        await RefusedAsync(proxy);
        Assert.Equal(0, stranger.Requests);

        await using var gateway = await FakeGateway.StartAsync(FakeGateway.Say("gateway"));
        node.Gateways = context => context.Response.WriteAsync(Registered(stranger.Address, gateway.Address));
        await proxy.UntilReadyAsync(1);
        await AnsweredAsync(proxy, "gateway");
    }

    /// <summary>He has the challenge answered by a gateway, which answers for itself only.</summary>
    [Fact(Timeout = 60_000)]
    public async Task The_proof_of_another_gateway_is_none()
    {
        await using var gateway = await FakeGateway.StartAsync(FakeGateway.Say("gateway"));
        await using var relay = await FakeGateway.StartAsync(FakeGateway.Say("relay"));
        relay.ProvenAddress = gateway.Address;
        await using var node = await FakeNode.StartAsync(Registered(gateway.Address, relay.Address));
        await using var proxy = await TestProxy.StartAsync($"--Proxy:Nodes={node.Address}", $"--Proxy:Gateways={gateway.Address}");
        await proxy.UntilKnownAsync(2);
        await relay.UntilJudgedAsync();

        await AnsweredAsync(proxy, "gateway");
        Assert.Equal(0, relay.Requests);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_proof_of_a_former_challenge_is_none()
    {
        await using var replay = await FakeGateway.StartAsync(FakeGateway.Say("replay"));
        string? first = null;
        replay.Challenged = challenge => first ??= challenge;
        await using var node = await FakeNode.StartAsync(Registered(replay.Address));
        await using var proxy = await TestProxy.StartAsync($"--Proxy:Nodes={node.Address}");

        await proxy.UntilReadyAsync(1);
        await replay.UntilJudgedAsync();
        await RefusedAsync(proxy);
    }

    [Fact(Timeout = 60_000)]
    public async Task Another_proxy_is_no_gateway_and_nothing_runs_in_circles()
    {
        await using var gateway = await FakeGateway.StartAsync(FakeGateway.Say("gateway"));
        await using var unready = await FakeGateway.StartAsync(FakeGateway.Say("unready"));
        unready.ProvenAddress = "";
        unready.IsReady = false;
        await using var node = await FakeNode.StartAsync(Registered(gateway.Address));
        await using var other = await TestProxy.StartAsync($"--Proxy:Nodes={node.Address}");
        await other.UntilReadyAsync(1);
        var otherAddress = other.Address.GetLeftPart(UriPartial.Authority);
        await using var misled = await FakeNode.StartAsync(Registered(otherAddress, unready.Address));
        await using var proxy = await TestProxy.StartAsync($"--Proxy:Nodes={misled.Address}");
        node.Gateways = context =>
            context.Response.WriteAsync(Registered(proxy.Address.GetLeftPart(UriPartial.Authority), gateway.Address));

        await unready.UntilJudgedAsync();
        await RefusedAsync(proxy);
        await other.UntilKnownAsync(2);
        await AnsweredAsync(other, "gateway");
    }

    /// <summary>Without a quorum no gateway is ready, and all of them answer what they can.</summary>
    [Fact(Timeout = 60_000)]
    public async Task A_gateway_that_is_not_ready_proves_its_identity_and_is_better_than_none()
    {
        await using var gateway = await FakeGateway.StartAsync(FakeGateway.Say("gateway"));
        gateway.ProvenAddress = "";
        gateway.IsReady = false;
        await using var node = await FakeNode.StartAsync(Registered(gateway.Address));
        await using var proxy = await TestProxy.StartAsync($"--Proxy:Nodes={node.Address}");
        await proxy.UntilKnownAsync(1);
        await gateway.UntilJudgedAsync();
        await RefusedAsync(proxy);

        // Its health is as it was: the proof alone opens the way.
        gateway.ProvenAddress = null;
        await gateway.UntilJudgedAsync();
        await AnsweredAsync(proxy, "gateway");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_gateway_of_the_settings_may_have_another_name_but_not_another_key()
    {
        await using var gateway = await FakeGateway.StartAsync(FakeGateway.Say("gateway"));
        gateway.ProvenAddress = "http://gateway.example:7100";
        await using var node = await FakeNode.StartAsync(Registered());
        await using var proxy = await TestProxy.StartAsync($"--Proxy:Nodes={node.Address}", $"--Proxy:Gateways={gateway.Address}");
        await proxy.UntilReadyAsync(1);
        await AnsweredAsync(proxy, "gateway");

        // Another process listens there now.
        gateway.ProvenAddress = "";
        await gateway.UntilJudgedAsync();
        await RefusedAsync(proxy);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("--Hosting:ClusterKey=none")]
    [InlineData("--Hosting:ClusterKeyRequired=false")]
    public async Task Without_a_key_and_while_keys_are_brought_in_no_proof_is_asked_for(string setting)
    {
        await using var gateway = await FakeGateway.StartAsync(FakeGateway.Say("gateway"));
        gateway.ProvenAddress = "";
        await using var node = await FakeNode.StartAsync(Registered(gateway.Address));
        await using var proxy = await TestProxy.StartAsync($"--Proxy:Nodes={node.Address}", setting);
        await proxy.UntilReadyAsync(1);
        await AnsweredAsync(proxy, "gateway");
    }

    private static async Task AnsweredAsync(TestProxy proxy, string answer)
    {
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(answer, await proxy.AnswerAfterAsync(""));
        }
    }

    private static async Task RefusedAsync(TestProxy proxy)
    {
        using var answer = await proxy.Client.GetAsync("/v1/nodes/a", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
    }

    private static string Registered(params string[] addresses) => JsonSerializer.Serialize(
        new { gateways = addresses.Select((address, i) => new { instance = $"g{i}", address }) });
}
