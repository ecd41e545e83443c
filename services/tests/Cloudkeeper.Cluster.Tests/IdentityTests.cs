using System.Text.Json;
using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests;

/// <summary>Who is not who it seems to be is told so, and harms nobody.</summary>
public sealed class IdentityTests : ClusterTest
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_node_that_has_lost_its_disk_is_told_so_and_can_be_replaced_where_it_stood()
    {
        using var client = new ApiClient(Cluster.Proxy.Address);
        Assert.Equal(201, (await client.PutAsync("/v1/nodes/before", "1")).Status);
        var victim = await FollowerAsync();
        var id = await Cluster.IdOfAsync(victim);
        await Cluster.WipeAsync(victim);
        victim.Start();
        await SaysAsync(victim, "joining", $"{id} has this address, and other data");
        Assert.Equal(201, (await client.PutAsync("/v1/nodes/meanwhile", "2")).Status);

        var url = victim.Address.GetLeftPart(UriPartial.Authority);
        Assert.Equal(202, (await client.PostJsonAsync("/v1/cluster/members", new { url, replaces = id })).Status);

        // At this address there is a voter all the time: first the one that was lost.
        await Eventually.TrueAsync(
            async () => (await Cluster.MemberAsync(victim))?.GetProperty("id").GetString() == "n4", Limit, "it is replaced");
        await Cluster.WaitUntilVotingAsync(victim);
        var members = (await client.GetAsync("/v1/cluster")).Json.GetProperty("members").EnumerateArray();
        Assert.DoesNotContain(id, members.Select(member => member.GetProperty("id").GetString()), StringComparer.Ordinal);
        await Cluster.TransferAsync(victim);
        Assert.Equal("1", (await client.GetAsync("/v1/nodes/before")).Text);
        Assert.Equal("2", (await client.GetAsync("/v1/nodes/meanwhile")).Text);
    }

    [Fact]
    public async Task A_removed_node_that_comes_back_is_told_so_and_joins_anew_with_an_empty_disk()
    {
        var removed = await FollowerAsync();
        await Cluster.RemoveAsync(removed);
        removed.Start();
        await SaysAsync(removed, "removed", "was removed from this cluster");
        Assert.True(removed.IsRunning);
        Assert.Null(await Cluster.MemberAsync(removed));

        await Cluster.WipeAsync(removed);
        removed.Start();
        await Cluster.WaitUntilVotingAsync(removed);
        Assert.Equal("n4", await Cluster.IdOfAsync(removed));
    }

    /// <summary>It does not vote any more when it goes, so it would never stand for election and be told.</summary>
    [Fact]
    public async Task A_node_that_is_removed_while_it_runs_notices_it()
    {
        var removed = await FollowerAsync();
        using var client = new ApiClient(Cluster.Proxy.Address);
        Assert.Equal(204, (await client.DeleteAsync($"/v1/cluster/members/{await Cluster.IdOfAsync(removed)}")).Status);
        await SaysAsync(removed, "removed", "was removed from this cluster");
        using var direct = ApiClient.OfNode(removed);
        Assert.Equal(503, (await direct.GetAsync("/readyz")).Status);
        Assert.True(removed.IsRunning);
    }

    [Fact]
    public async Task Two_clusters_do_not_mix()
    {
        await using var other = await LocalCluster.StartAsync(nodes: 1, gateways: 1);
        using var client = new ApiClient(Cluster.Proxy.Address);
        var url = other.Nodes[0].Address.GetLeftPart(UriPartial.Authority);
        var refused = await client.PostJsonAsync("/v1/cluster/members", new { url });
        Assert.Equal((400, "invalid-operation"), (refused.Status, refused.Code));
        Assert.Contains("This is cluster", refused.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);

        // The wrong node at a member's address: nobody listens to it, and it takes nothing in.
        var victim = await FollowerAsync();
        await victim.KillAsync();
        using var impostor = other.StartAt(victim);
        Assert.Equal(201, (await client.PutAsync("/v1/nodes/own", "1")).Status);
        using var direct = ApiClient.OfNode(victim);
        await Eventually.TrueAsync(
            async () => (await direct.TryGetAsync("/cluster"))?.Status == 200, Limit, "the impostor is up");
        var mine = (await client.GetAsync("/v1/cluster")).Json.GetProperty("id").GetString();
        Assert.NotEqual(mine, (await direct.GetAsync("/cluster")).Json.GetProperty("id").GetString());
        Assert.Equal("unreachable", (await Cluster.MemberAsync(victim))?.GetProperty("state").GetString());
    }

    private static Task SaysAsync(ServerProcess node, string state, string detail)
    {
        JsonElement? view = null;
        return Eventually.TrueAsync(
            async () =>
            {
                using var client = ApiClient.OfNode(node);
                view = (await client.TryGetAsync("/membership"))?.Json;
                return view?.GetProperty("state").GetString() == state
                    && view?.GetProperty("detail").GetString()?.Contains(detail, StringComparison.Ordinal) is true;
            },
            Limit,
            $"{node.Name} says that it is {state}: {detail}");
    }

    private async Task<ServerProcess> FollowerAsync()
    {
        var leader = await Cluster.LeaderAsync();
        return Cluster.Nodes.First(node => node != leader);
    }
}
