using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Hosting.Logging;
using Cloudkeeper.Hosting.Nodes;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>Keeps the directory of the nodes current: now and then, and soon when a node does not answer.</summary>
internal sealed partial class NodeDiscovery(
    IClusterNodes cluster, NodeDirectory directory, ClusterLevel level, TimeProvider time, ILogger<NodeDiscovery> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>However much is doubted meanwhile.</summary>
    private static readonly TimeSpan IntervalMin = TimeSpan.FromMilliseconds(20);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await LookAsync(cluster.ReadAsync(stoppingToken));
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(IntervalMin, time, stoppingToken);
            var isDoubted = await directory.WaitForDoubtAsync(Interval, time, stoppingToken);
            await LookAsync(isDoubted ? cluster.ReadNewsAsync(stoppingToken) : cluster.ReadAsync(stoppingToken));
        }
    }

    private async Task LookAsync(Task<ClusterView> look)
    {
        var before = directory.Nodes;
        try
        {
            level.Learn(await look);
        }
        catch (ProblemException e)
        {
            LogNobody(logger, PlainText.Cut(e.Message));
        }

        if (directory.Nodes != before)
        {
            LogNodes(logger, string.Join(", ", directory.Nodes.Select(node => node.Authority)));
        }
    }

    [LoggerMessage(LogLevel.Information, "The voters are {Nodes}")]
    private static partial void LogNodes(ILogger logger, string nodes);

    [LoggerMessage(LogLevel.Debug, "The members are not known anew: {Reason}")]
    private static partial void LogNobody(ILogger logger, string reason);
}
