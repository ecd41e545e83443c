using System.Diagnostics;
using System.Globalization;
using Cloudkeeper.Cluster.Tests.Workloads;

namespace Cloudkeeper.Cluster.Tests;

/// <summary>
/// How long writes pause when members come and go and leaders change: figures for a machine that does nothing else, so run
/// by hand, with <c>-explicit only -class *PauseMeasurements -showLiveOutput</c>. That no write fails or is repeated is
/// asserted all the same.
/// </summary>
public sealed class PauseMeasurements : ClusterTest
{
    private const int Kills = 50;
    private const int Transfers = 30;
    private const int Clients = 32;

    private static readonly int WritesPerSecond = Setting("CLOUDKEEPER_WRITES", 1_000);
    private static readonly int NodesInTree = Setting("CLOUDKEEPER_NODES", 100_000);

    [Fact(Explicit = true)]
    public async Task From_three_to_five_to_three_voters() => await UnderLoadAsync(async writes =>
    {
        for (var round = 1; round <= 3; round++)
        {
            var began = Stopwatch.GetTimestamp();
            await Cluster.AddNodesAsync(2);
            var grown = Stopwatch.GetTimestamp();
            await writes.FlowAsync();
            var leader = await Cluster.LeaderAsync();
            var shrinking = Stopwatch.GetTimestamp();
            await Cluster.RemoveAsync(leader, Cluster.Nodes.First(node => node != leader));
            await writes.FlowAsync();
            var ended = Stopwatch.GetTimestamp();
            Report($"round {round}: 3 to 5 took {Stopwatch.GetElapsedTime(began, grown).TotalSeconds:F1} s, longest pause "
                + $"{writes.LongestGap(began, grown).TotalMilliseconds:F0} ms; 5 to 3 without the leader, longest pause "
                + $"{writes.LongestGap(shrinking, ended).TotalMilliseconds:F0} ms");
        }
    });

    [Fact(Explicit = true)]
    public async Task Leadership_is_handed_over() => await UnderLoadAsync(async writes =>
    {
        var calls = new List<TimeSpan>();
        var pauses = new List<TimeSpan>();
        for (var i = 0; i < Transfers; i++)
        {
            var leader = await Cluster.LeaderAsync();
            var next = Cluster.Nodes[(Cluster.Nodes.ToList().IndexOf(leader) + 1) % Cluster.Nodes.Count];
            var began = Stopwatch.GetTimestamp();
            await Cluster.TransferAsync(next);
            calls.Add(Stopwatch.GetElapsedTime(began));
            await writes.FlowAsync();
            pauses.Add(writes.LongestGap(began, Stopwatch.GetTimestamp()));
        }

        Report("a transfer, from its request to its answer: " + Summary(calls));
        Report("the longest pause of writes around it: " + Summary(pauses));
    });

    [Fact(Explicit = true)]
    public async Task Leaders_are_killed() => await UnderLoadAsync(async writes =>
    {
        var pauses = new List<TimeSpan>();
        for (var i = 0; i < Kills; i++)
        {
            await Cluster.WaitUntilReplicatedAsync(lagLimit: 1000);
            var leader = await Cluster.LeaderAsync();
            var killed = Stopwatch.GetTimestamp();
            await leader.KillAsync();
            await writes.FlowAsync();
            pauses.Add(writes.LongestGap(killed, Stopwatch.GetTimestamp()));
            leader.Start();
        }

        Report("the longest pause of writes after a leader was killed: " + Summary(pauses));
    });

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;

    private static string Summary(List<TimeSpan> times)
    {
        var sorted = times.Order().ToList();
        string At(double share) => $"{sorted[(int)Math.Ceiling((sorted.Count - 1) * share)].TotalMilliseconds:F0} ms";
        return $"{sorted.Count} times, p50 {At(0.5)}, p90 {At(0.9)}, p99 {At(0.99)}, max {At(1)}";
    }

    private async Task UnderLoadAsync(Func<AcknowledgedWrites, Task> measure)
    {
        await AcknowledgedWrites.PrepareAsync(Cluster.Proxy.Address);
        await Filling.FillAsync(Cluster.Proxy.Address, "/filling", NodesInTree, new string('x', 100));
        var writes = new AcknowledgedWrites([Cluster.Proxy.Address], Clients, attempts: 1, WritesPerSecond);
        var writing = writes.RunAsync();
        var began = Stopwatch.GetTimestamp();
        await writes.FlowAsync();
        await measure(writes);
        writes.Stop();
        await writing;
        Report($"{writes.Acknowledgements.Count} writes in {Stopwatch.GetElapsedTime(began).TotalSeconds:F0} s with {NodesInTree} "
            + $"more nodes in the tree, {writes.Failures.Count} failed");
        Assert.Empty(writes.Failures);
        await writes.VerifyAsync(Cluster.Proxy.Address);
    }
}
