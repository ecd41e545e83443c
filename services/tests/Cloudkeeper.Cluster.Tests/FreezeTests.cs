using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests;

/// <summary>Nodes that stand still for longer than what they keep lives: their clocks go on meanwhile.</summary>
public sealed class FreezeTests : ClusterTest
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Frozen = TimeSpan.FromSeconds(9);

    /// <summary>
    /// No keepalive could arrive, through no fault of a client: what was left of a session's time is left of it then.
    /// </summary>
    [Fact]
    public async Task A_freeze_of_all_nodes_ends_no_session_and_no_ttl_node()
    {
        using var client = new ApiClient(Cluster.Gateways[0].Address);
        await WaitForLevelAsync();
        var session = await OpenAsync(client, "7s");
        Assert.Equal(201, (await client.PutAsync($"/v1/nodes/member?session={session}", "")).Status);
        Assert.Equal(201, (await client.PutAsync("/v1/nodes/short?ttl=7s", "")).Status);

        foreach (var node in Cluster.Nodes)
        {
            node.Send(Signal.Stop);
        }

        // No wait for anything: this is how long they stand still.
        await Task.Delay(Frozen, Stopping);
        foreach (var node in Cluster.Nodes)
        {
            node.Send(Signal.Continue);
        }

        var alive = await client.PostJsonAsync($"/v1/sessions/{session}/keepalive", new { });
        Assert.Equal(200, alive.Status);
        Assert.Equal(200, (await client.GetAsync("/v1/nodes/member")).Status);
        Assert.Equal(200, (await client.GetAsync("/v1/nodes/short")).Status);

        // And then they end as always.
        await Eventually.TrueAsync(
            async () => (await client.GetAsync($"/v1/sessions/{session}")).Code == "session-expired", Limit, "its end");
        await Eventually.TrueAsync(
            async () => (await client.GetAsync("/v1/nodes/short")).Status == 404, Limit, "the end of the node");
    }

    /// <summary>The others have gone on: they take over, and sessions and TTL nodes end although their leader stands still.</summary>
    [Fact]
    public async Task A_freeze_of_the_leader_alone_keeps_nothing_alive()
    {
        using var client = new ApiClient(Cluster.Gateways[0].Address);
        await WaitForLevelAsync();
        var session = await OpenAsync(client, "2s");
        Assert.Equal(201, (await client.PutAsync($"/v1/nodes/member?session={session}", "")).Status);
        Assert.Equal(201, (await client.PutAsync("/v1/nodes/short?ttl=2s", "")).Status);
        var leader = await Cluster.LeaderAsync();
        leader.Send(Signal.Stop);
        try
        {
            await Eventually.TrueAsync(
                async () => (await client.GetAsync("/v1/nodes/member")).Status == 404, Limit, "the end of the session");
            await Eventually.TrueAsync(
                async () => (await client.GetAsync("/v1/nodes/short")).Status == 404, Limit, "the end of the node");
        }
        finally
        {
            leader.Send(Signal.Continue);
        }
    }

    /// <summary>Before it TTL nodes age by the time of day.</summary>
    private Task WaitForLevelAsync() => Eventually.TrueAsync(
        () => Task.FromResult(Cluster.Nodes.All(static node =>
            File.ReadAllText(node.LogFile).Contains("The cluster uses feature level 4", StringComparison.Ordinal))),
        Limit,
        "feature level 4");

    private static async Task<string> OpenAsync(ApiClient client, string ttl) =>
        (await client.PostJsonAsync("/v1/sessions", new { ttl })).Json.GetProperty("id").ToString();
}
