using Cloudkeeper.Node.Feed;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Node.Hosting;

/// <summary>Starts the replica with the process, and hands leadership over before it ends.</summary>
internal sealed partial class ReplicaService(
    ReplicaHost replica,
    FeedHub feed,
    TimeProvider time,
    ILogger<ReplicaService> logger) : IHostedLifecycleService, IDisposable
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan TransferTimeout = TimeSpan.FromSeconds(2);

    private ITimer? _progress;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        LogStarting(logger, replica.Id, replica.ClusterId, replica.Options.DataDirectory);
        replica.Start();
        _progress = time.CreateTimer(
            _ => _ = replica.AskAsync(_ =>
            {
                feed.Progress();
                return true;
            }),
            null,
            ProgressInterval,
            ProgressInterval);
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Before the web server stops: it waits for its requests, and the streams of peers and gateways would not end by
    /// themselves.
    /// </summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await HandOverAsync(cancellationToken);
        await replica.EndStreamsAsync();
    }

    public Task StopAsync(CancellationToken cancellationToken) => replica.StopAsync();

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _progress?.Dispose();

    /// <summary>So that a planned stop costs the cluster no election timeout.</summary>
    private async Task HandOverAsync(CancellationToken cancellationToken)
    {
        var deadline = time.GetTimestamp();
        var isUnderWay = await replica.AskAsync(r => r.TransferLeadership(null));
        while (isUnderWay
            && replica.State.IsLeader
            && time.GetElapsedTime(deadline) < TransferTimeout
            && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), time, CancellationToken.None);
        }

        if (isUnderWay)
        {
            LogHandedOver(logger, replica.Id, replica.State.IsLeader ? "nobody" : "another node");
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Node {Node} of cluster {Cluster:N} starts from {Directory}")]
    private static partial void LogStarting(ILogger logger, NodeId node, Guid cluster, string directory);

    [LoggerMessage(2, LogLevel.Information, "Node {Node} has handed leadership to {Whom}")]
    private static partial void LogHandedOver(ILogger logger, NodeId node, string whom);
}
