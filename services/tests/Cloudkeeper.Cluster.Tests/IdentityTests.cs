using System.Text.Json;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Cluster.Tests.Workloads;

namespace Cloudkeeper.Cluster.Tests;

/// <summary>A node that is not the member it seems to be gets that answer, and harms no other.</summary>
public sealed class IdentityTests : ClusterTest
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_node_that_has_lost_its_disk_is_refused_and_can_be_replaced_where_it_stood()
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

    /// <summary>Two processes under one id would vote twice: the copy ends, and no other node notices it.</summary>
    [Fact]
    public async Task A_copy_of_a_disk_is_refused_beside_the_original_and_takes_its_place_once_that_is_gone()
    {
        await AcknowledgedWrites.PrepareAsync(Cluster.Proxy.Address);
        var (leader, original) = (await Cluster.LeaderAsync(), await FollowerAsync());
        var id = await Cluster.IdOfAsync(original);
        var older = await RefusedCopyAsync(original, $"{id} runs at {original.Address.GetLeftPart(UriPartial.Authority)}");

        var writes = new AcknowledgedWrites([Cluster.Proxy.Address], clients: 4, attempts: 1, 100);
        var writing = writes.RunAsync();
        await writes.FlowAsync();
        older.Start();
        await EndsAsync(older);
        await RefusedCopyAsync(leader, "is a copy of its");
        await writes.FlowAsync();
        writes.Stop();
        await writing;
        Assert.Empty(writes.Failures);
        Assert.Same(leader, await Cluster.LeaderAsync());
        Assert.Equal(id, await Cluster.IdOfAsync(original));

        // What was copied while it ran does not have what it has acknowledged since.
        original.Send(Signal.Terminate);
        Assert.Equal(0, await original.WaitForExitAsync());
        older.Start();
        await EndsAsync(older);
        Assert.Contains("this is an older copy", await File.ReadAllTextAsync(older.LogFile, Stopping), StringComparison.Ordinal);

        var moved = await Cluster.StartCopyAsync(original);
        Cluster.Replace(original, moved);
        await Eventually.TrueAsync(
            async () => (await Cluster.MemberAsync(moved))?.GetProperty("state").GetString() == "follower", Limit, "it votes there");
        Assert.Equal(id, await Cluster.IdOfAsync(moved));
        await Cluster.TransferAsync(moved);

        // Its former process is the copy now.
        original.Start();
        await EndsAsync(original);
        Assert.Same(moved, await Cluster.LeaderAsync());
    }

    [Fact]
    public async Task A_removed_node_that_comes_back_is_refused_and_joins_anew_with_an_empty_disk()
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

    /// <summary>It does not vote any more when it goes, so it would never stand for election and learn of it.</summary>
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

        // The wrong node at a member's address: no member admits it, and it takes nothing in.
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

    private async Task<ServerProcess> RefusedCopyAsync(ServerProcess original, string problem)
    {
        var copy = await Cluster.StartCopyAsync(original);
        await EndsAsync(copy);
        Assert.Contains(problem, await File.ReadAllTextAsync(copy.LogFile, Stopping), StringComparison.Ordinal);
        return copy;
    }

    private static async Task EndsAsync(ServerProcess refused)
    {
        await Eventually.TrueAsync(() => Task.FromResult(!refused.IsRunning), Limit, $"{refused.Name} ends");
        Assert.Equal(1, await refused.WaitForExitAsync());
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
