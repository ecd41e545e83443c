using System.Diagnostics;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Cluster.Tests.Workloads;

namespace Cloudkeeper.Cluster.Tests;

/// <summary>Members come and go under a constant load, of which no write fails and none is done twice.</summary>
public sealed class MembershipTests : ClusterTest
{
    private const int Clients = 16;
    private const int WritesPerSecond = 200;

    [Fact]
    public async Task Three_voters_become_five_and_three_others_without_a_failed_or_repeated_write()
    {
        await AcknowledgedWrites.PrepareAsync(Cluster.Proxy.Address);
        var first = Cluster.Nodes.ToList();
        var writes = new AcknowledgedWrites([Cluster.Proxy.Address], Clients, attempts: 1, WritesPerSecond);
        var writing = writes.RunAsync();
        var began = Stopwatch.GetTimestamp();

        await Cluster.AddNodesAsync(2);
        var grown = Stopwatch.GetTimestamp();
        await Cluster.RemoveAsync(await LeaderAndAnotherAsync(first));
        await writes.FlowAsync();
        var shrunk = Stopwatch.GetTimestamp();

        // None of the first three is left: gateways and proxy have found the others.
        var last = Assert.Single(Cluster.Nodes, first.Contains);
        await Cluster.AddNodesAsync(1);
        await Cluster.RemoveAsync(last);
        await writes.FlowAsync();

        writes.Stop();
        await writing;
        Report($"{writes.Acknowledgements.Count} writes; longest pause while growing {Milliseconds(writes.LongestGap(began, grown))}, "
            + $"while shrinking {Milliseconds(writes.LongestGap(grown, shrunk))}, "
            + $"afterwards {Milliseconds(writes.LongestGap(shrunk, Stopwatch.GetTimestamp()))}");
        Assert.Empty(writes.Failures);
        await writes.VerifyAsync(Cluster.Proxy.Address);
    }

    [Fact]
    public async Task Leadership_is_handed_to_a_named_voter_without_a_failed_write()
    {
        await AcknowledgedWrites.PrepareAsync(Cluster.Proxy.Address);
        var writes = new AcknowledgedWrites([Cluster.Proxy.Address], Clients, attempts: 1, WritesPerSecond);
        var writing = writes.RunAsync();
        await writes.FlowAsync();
        foreach (var node in Cluster.Nodes)
        {
            var began = Stopwatch.GetTimestamp();
            await Cluster.TransferAsync(node);
            Assert.Same(node, await Cluster.LeaderAsync());
            await writes.FlowAsync();
            Report($"{node.Name} leads; longest pause {Milliseconds(writes.LongestGap(began, Stopwatch.GetTimestamp()))}");
        }

        writes.Stop();
        await writing;
        Assert.Empty(writes.Failures);
        await writes.VerifyAsync(Cluster.Proxy.Address);
    }

    [Fact]
    public async Task An_unsafe_change_is_refused_with_the_rule_that_it_would_break()
    {
        using var client = new ApiClient(Cluster.Proxy.Address);
        var leader = await Cluster.LeaderAsync();
        var (dead, other) = Cluster.Nodes.Where(node => node != leader).ToList() is [var a, var b] ? (a, b) : throw new InvalidOperationException();
        var member = $"/v1/cluster/members/{await Cluster.IdOfAsync(other)}";
        Assert.Equal(200, (await client.DeleteAsync(member + "?dryRun=true")).Status);
        Assert.Equal("member-not-found", (await client.DeleteAsync("/v1/cluster/members/n77")).Code);
        await dead.KillAsync();
        await Eventually.TrueAsync(
            async () => (await client.DeleteAsync(member + "?dryRun=true")).Code == "unsafe-change",
            TimeSpan.FromSeconds(30),
            "the leader misses the dead node");
        var refused = await client.DeleteAsync(member);
        Assert.Equal((409, "unsafe-change"), (refused.Status, refused.Code));
        Report(refused.Json.GetProperty("detail").GetString()!);
        Assert.Equal(3, (await client.GetAsync("/v1/cluster")).Json.GetProperty("members").GetArrayLength());
        Assert.Equal(204, (await client.DeleteAsync($"/v1/cluster/members/{await Cluster.IdOfAsync(dead)}")).Status);
    }

    private static string Milliseconds(TimeSpan time) => $"{time.TotalMilliseconds:F0} ms";

    private async Task<List<ServerProcess>> LeaderAndAnotherAsync(List<ServerProcess> among)
    {
        // Leadership may have moved to one that has come meanwhile: then it is handed back.
        var leader = await Cluster.LeaderAsync();
        if (!among.Contains(leader))
        {
            await Cluster.TransferAsync(among[0]);
            leader = among[0];
        }

        return [leader, among.First(node => node != leader)];
    }
}
