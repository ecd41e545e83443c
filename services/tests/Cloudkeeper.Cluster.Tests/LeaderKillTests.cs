using System.Diagnostics;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Cluster.Tests.Workloads;

namespace Cloudkeeper.Cluster.Tests;

public sealed class LeaderKillTests : ClusterTest
{
    private const int Clients = 16;
    private const int Kills = 10;
    private static readonly TimeSpan GapLimit = TimeSpan.FromSeconds(2);

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
        Assert.All(gaps, gap => Assert.InRange(gap, TimeSpan.Zero, GapLimit));
        await writes.VerifyAsync(Cluster.Proxy.Address);
    }

    /// <summary>Kills the leader, waits for a hundred more writes, starts it again; the longest pause on the way.</summary>
    private async Task<TimeSpan> KillLeaderAsync(AcknowledgedWrites writes)
    {
        const int Flowing = 100;
        var leader = await Cluster.LeaderAsync();
        var acknowledged = writes.Acknowledgements.Count;
        var killed = Stopwatch.GetTimestamp();
        await leader.KillAsync();
        await Eventually.TrueAsync(
            () => Task.FromResult(writes.Acknowledgements.Count >= acknowledged + Flowing || writes.Failures.Count > 0),
            TimeSpan.FromSeconds(30),
            "writes flow again");
        var gap = writes.LongestGap(killed, Stopwatch.GetTimestamp());
        leader.Start();
        return gap;
    }
}
