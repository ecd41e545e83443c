using System.Diagnostics;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Cluster.Tests.Workloads;

namespace Cloudkeeper.Cluster.Tests.Dashboards;

/// <summary>Dashboards and rules ask for nothing that the processes do not measure.</summary>
public sealed class DashboardTests : ClusterTest
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan ScrapeInterval = TimeSpan.FromSeconds(1);

    private static readonly string[] Rules =
    [
        "cloudkeeper:gateways:demand{resource=\"requests\"}",
        "cloudkeeper:gateways:demand{resource=\"cpu\"}",
        "cloudkeeper:gateways:demand{resource=\"watches\"}",
        "cloudkeeper:gateways:wanted",
    ];

    [Fact]
    public async Task Every_expression_has_a_result_in_prometheus_against_a_live_cluster()
    {
        using var prometheus = await PrometheusServer.StartAsync(Cluster);
        using var client = new ApiClient(Cluster.Proxy.Address);
        var expressions = Dashboard.Panels().SelectMany(panel => panel.Expressions).Concat(Rules);
        var unanswered = expressions.ToHashSet(StringComparer.Ordinal);
        var started = Stopwatch.GetTimestamp();

        // A rate needs what it counts to happen while Prometheus looks on.
        for (var round = 0; ; round++)
        {
            await UseAsync(new Tour(client, $"round{round}"));
            await RemoveAnsweredAsync(unanswered, prometheus);
            if (unanswered.Count == 0)
            {
                return;
            }

            Assert.True(Stopwatch.GetElapsedTime(started) < Limit, $"No result for:\n{string.Join('\n', unanswered)}");
            await Task.Delay(ScrapeInterval, Stopping);
        }
    }

    private static async Task UseAsync(Tour tour)
    {
        await tour.NodesAsync();
        await tour.SessionsAsync();
        await tour.LocksAsync();
        await tour.WatchAsync(Stopping);
    }

    private static async Task RemoveAnsweredAsync(HashSet<string> expressions, PrometheusServer prometheus)
    {
        foreach (var expression in expressions.ToList())
        {
            // Grafana's variable: long enough for some scrapes.
            var query = expression.Replace("$__rate_interval", "20s", StringComparison.Ordinal);
            if (await prometheus.CountAsync(query) > 0)
            {
                expressions.Remove(expression);
            }
        }
    }
}
