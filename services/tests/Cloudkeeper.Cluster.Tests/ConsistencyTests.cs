using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Gateway.Tests.Redis;
using Cloudkeeper.LoadGenerator;
using Cloudkeeper.LoadGenerator.Checks;

namespace Cloudkeeper.Cluster.Tests;

/// <summary>
/// Many clients read, write and watch the same few nodes through two gateways, and their answers and events have to
/// agree, through all faults meanwhile. <c>CLOUDKEEPER_CHECK=10000000</c> in the environment makes it ten million reads
/// and events.
/// </summary>
public sealed class ConsistencyTests
{
    private const long ChecksOtherwise = 40_000;

    /// <summary>Reads between two faults, at least: enough to fill caches again.</summary>
    private const long ReadsBetween = 3_000;

    /// <summary>In a long run, faults are further apart: it is to be spent on reads, not on starting processes.</summary>
    private const long FaultsMax = 200;

    private static readonly TimeSpan StandstillMax = TimeSpan.FromSeconds(60);

    private int _killed;

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_read_is_stale_and_no_event_is_lost_when_gateways_and_leaders_die()
    {
        await using var cluster = await LocalCluster.StartAsync();
        await CheckAsync(cluster, () => KillLeaderAsync(cluster), () => KillGatewayAsync(cluster));
    }

    [Fact]
    public async Task No_read_is_stale_and_no_event_is_lost_when_redis_is_flushed_frozen_and_killed()
    {
        await using var redis = new RedisServer();
        await redis.InitializeAsync();
        await using var cluster = await LocalCluster.StartAsync(redis: redis.Address);
        var frozen = false;
        await CheckAsync(
            cluster,
            () => FlushAsync(redis),
            async () => await ((frozen = !frozen) ? redis.PauseAsync() : redis.ContinueAsync()),
            () => KillGatewayAsync(cluster),
            async () => await ((frozen = !frozen) ? redis.PauseAsync() : redis.ContinueAsync()),
            async () =>
            {
                await redis.KillAsync();
                await redis.StartAsync();
            },
            () => KillLeaderAsync(cluster));
    }

    private static async Task CheckAsync(LocalCluster cluster, params Func<Task>[] faults)
    {
        var count = long.TryParse(
            Environment.GetEnvironmentVariable("CLOUDKEEPER_CHECK"), CultureInfo.InvariantCulture, out var wanted)
            ? wanted
            : ChecksOtherwise;
        var targets = cluster.Gateways.Select(g => new Target(g.Name, g.Address)).ToList();
        using var run = new CheckRun(new CheckOptions(targets) { Reads = count, Events = count });
        var running = run.RunAsync(Stopping);
        var struck = 0;
        while (await FlowAsync(run, running, Math.Max(ReadsBetween, count / FaultsMax)))
        {
            await faults[struck++ % faults.Length]();
        }

        await running;
        var totals = run.Totals;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{totals.Reads} reads ({string.Join(", ", totals.Sources)}), {totals.Writes} writes, {totals.Events} events, "
            + $"{struck} faults, {totals.Unanswered} unanswered, {totals.Refused} refused, {totals.Resumed} watches resumed");
        if (run.Violations.Count > 0)
        {
            cluster.WriteLogs();
        }

        Assert.Empty(run.Violations.First);
        Assert.True(struck >= faults.Length, $"Only {struck} faults.");
    }

    /// <returns>False: the run is over.</returns>
    private static async Task<bool> FlowAsync(CheckRun run, Task running, long readsBetween)
    {
        var reads = run.Totals.Reads;
        await Eventually.TrueAsync(
            () => Task.FromResult(running.IsCompleted || run.Totals.Reads >= reads + readsBetween), StandstillMax, "reads flow");
        return !running.IsCompleted;
    }

    private static async Task KillLeaderAsync(LocalCluster cluster)
    {
        await cluster.WaitUntilReplicatedAsync(lagLimit: 1_000);
        var leader = await cluster.LeaderAsync();
        await leader.KillAsync();
        leader.Start();
    }

    private async Task KillGatewayAsync(LocalCluster cluster)
    {
        var gateway = cluster.Gateways[_killed++ % cluster.Gateways.Count];
        await gateway.KillAsync();
        gateway.Start();
        await cluster.WaitUntilReadyAsync();
    }

    private static async Task FlushAsync(RedisServer redis)
    {
        var address = redis.Address.Split(':');
        using var client = new TcpClient();
        await client.ConnectAsync(address[0], int.Parse(address[1], CultureInfo.InvariantCulture), Stopping);
        await client.GetStream().WriteAsync("FLUSHALL\r\n"u8.ToArray(), Stopping);
        var answer = new byte[5];
        await client.GetStream().ReadExactlyAsync(answer, Stopping);
        Assert.Equal("+OK\r\n", Encoding.ASCII.GetString(answer));
    }
}
