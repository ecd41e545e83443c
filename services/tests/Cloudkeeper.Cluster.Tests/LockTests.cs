using System.Globalization;
using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests;

public sealed class LockTests : ClusterTest
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_second_client_gets_the_lock_when_the_first_session_is_closed_with_a_larger_token()
    {
        using var first = new ApiClient(Cluster.Gateways[0].Address);
        using var second = new ApiClient(Cluster.Gateways[1].Address);
        var session = await CreateSessionAsync(first, "60s");
        var held = await first.PostJsonAsync("/v1/locks/printer", new { session, owner = "first" });
        Assert.Equal((200, "held"), (held.Status, held.Json.GetProperty("state").GetString()));

        var waiting = second.PostJsonAsync("/v1/locks/printer", new { ttl = "60s", wait = "30s", owner = "second" });
        await Eventually.TrueAsync(async () => await CountAsync(first, "waiting") == 1, Limit, "the second client waits");
        Assert.False(waiting.IsCompleted);
        Assert.Equal(204, (await first.DeleteAsync($"/v1/sessions/{session}")).Status);

        await CheckHandOverAsync(held, await waiting, second);
    }

    [Fact]
    public async Task The_second_client_gets_the_lock_when_the_first_dies_and_its_session_runs_out()
    {
        using var first = new ApiClient(Cluster.Proxy.Address);
        using var second = new ApiClient(Cluster.Proxy.Address);
        var held = await first.PostJsonAsync("/v1/locks/printer", new { ttl = "2s" });
        Assert.Equal("held", held.Json.GetProperty("state").GetString());

        var granted = await second.PostJsonAsync("/v1/locks/printer", new { ttl = "60s", wait = "30s" });

        await CheckHandOverAsync(held, granted, second);
    }

    /// <summary>The old token is refused wherever it is used, the new one is good until it is released.</summary>
    private static async Task CheckHandOverAsync(Answer held, Answer granted, ApiClient client)
    {
        Assert.Equal((200, "held"), (granted.Status, granted.Json.GetProperty("state").GetString()));
        var (oldToken, newToken) = (TokenOf(held), TokenOf(granted));
        Assert.True(newToken > oldToken, $"{newToken} after {oldToken}");

        var late = await client.PutAsync("/v1/nodes/document", "late", Fence(oldToken));
        Assert.Equal((412, "fence-lost"), (late.Status, late.Code));
        Assert.Equal(201, (await client.PutAsync("/v1/nodes/document", "current", Fence(newToken))).Status);
        Assert.Equal(412, (await client.DeleteAsync("/v1/nodes/document", Fence(oldToken))).Status);
        Assert.Equal("current", (await client.GetAsync("/v1/nodes/document")).Text);

        Assert.Equal(204, (await client.DeleteAsync($"/v1/tickets/{newToken}")).Status);
        Assert.Equal(0, await CountAsync(client, "holders"));
        Assert.Equal("fence-lost", (await client.PutAsync("/v1/nodes/document", "released", Fence(newToken))).Code);
    }

    private static long TokenOf(Answer ticket) => ticket.Json.GetProperty("fencingToken").GetInt64();

    private static (string Name, string Value) Fence(long token) =>
        ("Cloudkeeper-Fence", token.ToString(CultureInfo.InvariantCulture));

    private static async Task<int> CountAsync(ApiClient client, string list) =>
        (await client.GetAsync("/v1/locks/printer")).Json.GetProperty(list).GetArrayLength();

    private static async Task<string> CreateSessionAsync(ApiClient client, string ttl) =>
        (await client.PostJsonAsync("/v1/sessions", new { ttl })).Json.GetProperty("id").ToString();
}
