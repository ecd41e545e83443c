using System.Diagnostics;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Cluster.Tests.Workloads;

namespace Cloudkeeper.Cluster.Tests;

public sealed class LeaderKillTests : ClusterTest
{
    private const int Clients = 16;
    private const int Kills = 10;

    [Fact]
    public async Task Ten_leaders_killed_under_writes_cost_no_write_and_no_error_but_a_slow_answer()
    {
        await AcknowledgedWrites.PrepareAsync(Cluster.Proxy.Address);
        var writes = new AcknowledgedWrites([Cluster.Proxy.Address], Clients, attempts: 1);
        var writing = writes.RunAsync();
        var gaps = new List<TimeSpan>();
        for (var i = 0; i < Kills; i++)
        {
            await Cluster.WaitUntilReplicatedAsync(lagLimit: 1000);
            gaps.Add(await KillLeaderAsync(writes));
        }

        writes.Stop();
        await writing;
        var seconds = string.Join(", ", gaps.Select(g => $"{g.TotalSeconds:F2}"));
        Report($"{writes.Acknowledgements.Count} writes; seconds without one after each kill: {seconds}");
        Assert.Empty(writes.Failures);
        await writes.VerifyAsync(Cluster.Proxy.Address);
    }

    /// <summary>
    /// A frozen leader keeps its connections open and sends nothing: only time shows that it is gone.
    /// </summary>
    [Fact]
    public async Task A_leader_that_freezes_is_replaced_and_does_no_harm_when_it_wakes_up()
    {
        await AcknowledgedWrites.PrepareAsync(Cluster.Proxy.Address);
        var writes = new AcknowledgedWrites([Cluster.Proxy.Address], Clients, attempts: 1);
        var writing = writes.RunAsync();
        await Cluster.WaitUntilReplicatedAsync(lagLimit: 1000);
        var leader = await Cluster.LeaderAsync();
        var frozen = Stopwatch.GetTimestamp();
        leader.Send(Signal.Stop);
        await writes.FlowAsync();
        var gap = writes.LongestGap(frozen, Stopwatch.GetTimestamp());
        leader.Send(Signal.Continue);
        await Cluster.WaitUntilReplicatedAsync(lagLimit: 1000);
        await writes.FlowAsync();

        writes.Stop();
        await writing;
        Report($"{writes.Acknowledgements.Count} writes; {gap.TotalSeconds:F2} s without one after the leader froze");
        Assert.Empty(writes.Failures);
        await writes.VerifyAsync(Cluster.Proxy.Address);
    }

    /// <summary>Kills the leader and starts it again once writes flow; the longest pause on the way.</summary>
    private async Task<TimeSpan> KillLeaderAsync(AcknowledgedWrites writes)
    {
        var leader = await Cluster.LeaderAsync();
        var killed = Stopwatch.GetTimestamp();
        await leader.KillAsync();
        await writes.FlowAsync();
        var gap = writes.LongestGap(killed, Stopwatch.GetTimestamp());
        leader.Start();
        return gap;
    }
}
