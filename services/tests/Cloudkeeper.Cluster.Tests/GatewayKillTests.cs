using System.Diagnostics;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Cluster.Tests.Workloads;

namespace Cloudkeeper.Cluster.Tests;

public sealed class GatewayKillTests : ClusterTest
{
    private const int Clients = 16;
    private const int Kills = 3;

    /// <summary>Requests that were on the wire when the gateway died; its process still accepted them.</summary>
    private static readonly TimeSpan OnTheWire = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task A_gateway_killed_under_load_fails_only_its_own_requests_and_retries_are_exact()
    {
        await AcknowledgedWrites.PrepareAsync(Cluster.Proxy.Address);
        var writes = new AcknowledgedWrites([Cluster.Proxy.Address], Clients, attempts: 20);
        var writing = writes.RunAsync();
        var kills = new List<long>();
        for (var i = 0; i < Kills; i++)
        {
            var gateway = Cluster.Gateways[i % Cluster.Gateways.Count];
            await FlowAsync(writes);
            kills.Add(Stopwatch.GetTimestamp());
            await gateway.KillAsync();
            await FlowAsync(writes);
            gateway.Start();
            await Cluster.WaitUntilReadyAsync();
        }

        await FlowAsync(writes);
        writes.Stop();
        await writing;
        Report($"{writes.Acknowledgements.Count} writes, {Kills} kills, {writes.Failures.Count} failed requests");
        Assert.All(writes.Failures, failure => Assert.True(KillsDuring(failure, kills).Any(), failure.ToString()));
        var failedAgain = writes.Failures.GroupBy(f => (f.Client, KillsDuring(f, kills).First())).Where(g => g.Count() > 1);
        Assert.Empty(failedAgain.SelectMany(g => g));
        await writes.VerifyAsync(Cluster.Proxy.Address);
    }

    /// <summary>Which gateway's death a failed request lived to see.</summary>
    private static IEnumerable<long> KillsDuring(AcknowledgedWrites.Failure failure, List<long> kills) => kills.Where(
        kill => failure.Began < kill + (OnTheWire.TotalSeconds * Stopwatch.Frequency) && failure.Ended > kill);

    private static Task FlowAsync(AcknowledgedWrites writes)
    {
        const int Flowing = 2000;
        var acknowledged = writes.Acknowledgements.Count;
        return Eventually.TrueAsync(
            () => Task.FromResult(writes.Acknowledgements.Count >= acknowledged + Flowing),
            TimeSpan.FromSeconds(60),
            "writes flow");
    }
}
