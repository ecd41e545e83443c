using System.Diagnostics;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Cluster.Tests.Histories;
using Cloudkeeper.Cluster.Tests.Workloads;

namespace Cloudkeeper.Cluster.Tests;

public sealed class HistoryTests : ClusterTest
{
    private const int Clients = 16;
    private const int Kills = 4;
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Histories_of_clients_of_two_gateways_while_leaders_die_are_strictly_serializable()
    {
        using var client = new ApiClient(Cluster.Gateways[0].Address);
        Assert.Equal(201, (await client.PutAsync($"/v1/nodes{RecordedHistory.Root}", "")).Status);
        using var watch = await client.WatchAsync($"/v1/watch?path={RecordedHistory.Root}&scope=children&values=true");
        var watching = ReadChangesAsync(watch);
        var history = new RecordedHistory([.. Cluster.Gateways.Select(g => g.Address)], Clients);

        var running = history.RunAsync();
        await KillLeadersAsync();
        history.Stop();
        await running;
        Assert.Equal(201, (await client.PutAsync($"/v1/nodes{RecordedHistory.Root}/end", "")).Status);
        var changes = await watching;

        var operations = history.Operations;
        var unknown = operations.Count(o => o.Outcome == Outcome.Unknown);
        Report($"{operations.Count} operations, {changes.Count} changes, {unknown} outcomes unknown");
        Assert.Null(RevisionOrderChecker.FindViolation(operations, changes));
        Assert.All(Enum.GetValues<OperationKind>(), kind =>
            Assert.Contains(operations, o => o.Kind == kind && o.Outcome == Outcome.Ok));
        Assert.Contains(operations, o => o.Outcome == Outcome.Refused);
    }

    private static async Task<List<Change>> ReadChangesAsync(EventReader watch)
    {
        var changes = new List<Change>();
        while (await watch.ReadChangeAsync(Stopping) is { } change && change.Path != $"{RecordedHistory.Root}/end")
        {
            changes.Add(new Change(change.Revision, change.Path, change.Name == "deleted" ? null : change.Value));
        }

        return changes;
    }

    private async Task KillLeadersAsync()
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 1; i <= Kills; i++)
        {
            var due = (Length * i / (Kills + 1)) - Stopwatch.GetElapsedTime(started);
            await Task.Delay(due > TimeSpan.Zero ? due : TimeSpan.Zero, Stopping);
            await Cluster.WaitUntilReplicatedAsync(lagLimit: 1000);
            var leader = await Cluster.LeaderAsync();
            await leader.KillAsync();
            leader.Start();
        }

        var rest = Length - Stopwatch.GetElapsedTime(started);
        await Task.Delay(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, Stopping);
    }
}
