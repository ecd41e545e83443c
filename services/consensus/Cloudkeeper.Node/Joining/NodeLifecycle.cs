using Cloudkeeper.Node.Configuration;
using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Node.Storage;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Feed;
using Cloudkeeper.Storage;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Joining;

/// <summary>
/// The life of the node in this process: from its data directory to membership, and out of it. The web server does not
/// wait for it: other nodes ask for this one's identity while it is on its way.
/// </summary>
/// <remarks>
/// <code>
///   new ──founding──► member ──removal──► removed
///    └───joining──────►  ▲
///   damaged ──joining────┘   under a new instance, the damaged files put aside
/// </code>
/// </remarks>
internal sealed partial class NodeLifecycle(
    ThisNode node,
    NodeSetup setup,
    Founding founding,
    Admission admission,
    MemberWatch watch,
    AddressProbe probe,
    Func<NodeStorage, ReplicaHost> createReplica,
    FeedHub feed,
    ProgressLog progress,
    IHostApplicationLifetime application,
    FatalErrors fatal,
    TimeProvider time,
    ILogger<NodeLifecycle> logger) : BackgroundService, IHostedLifecycleService, IAsyncDisposable
{
    private static readonly TimeSpan FeedInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan TransferTimeout = TimeSpan.FromSeconds(2);

    private ReplicaHost? _replica;
    private IReadOnlyList<Member> _membersWhenAdmitted = [];
    private ITimer? _feedProgress;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        LogDirectory(logger, node.Directory.Location, setup.Address);
        LogSettings(logger, EffectiveOptions.Given(setup.Options), EffectiveOptions.Defaults(setup.Options));
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Before the web server stops: it waits for its requests, and the streams of peers and gateways would not end by
    /// themselves.
    /// </summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (_replica is { HasEnded: false } replica)
        {
            await HandOverAsync(replica, cancellationToken);
            await replica.EndStreamsAsync();
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await EndReplicaAsync();
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>A host that could not start has stopped nothing, and one that was in a hurry not everything.</summary>
    public async ValueTask DisposeAsync()
    {
        Dispose();
        if (ExecuteTask is { } entering)
        {
            await entering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await EndReplicaAsync();
    }

#pragma warning disable CA1031 // Any failure ends the process.
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var storage = await EnterAsync(stoppingToken);
            await TakePartAsync(storage, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process ends before the node has got anywhere.
        }
        catch (Exception e) when (e is StorageException or FeatureLevelException or CopiedDataException)
        {
            // Nothing was begun that would have to be stopped with force; the message states what to do.
            LogCannotStart(logger, e.Message);
            Environment.ExitCode = 1;
            application.StopApplication();
        }
        catch (Exception e)
        {
            fatal.Stop(e);
        }
    }
#pragma warning restore CA1031

    private async Task EndReplicaAsync()
    {
        if (_feedProgress is not null)
        {
            await _feedProgress.DisposeAsync();
        }

        if (_replica is { } replica)
        {
            await replica.DisposeAsync();
        }
    }

    /// <summary>Until this node is a member, with a log that it may vote with.</summary>
    private async Task<NodeStorage> EnterAsync(CancellationToken cancellationToken)
    {
        if (TryOpen() is { } storage)
        {
            await RequireAloneAsync(storage, cancellationToken);
            return storage;
        }

        await ListeningAsync(cancellationToken);
        if (node.Phase == NodePhase.New && setup.IsFounder && await founding.WaitAsync(cancellationToken))
        {
            return Found();
        }

        var admitted = await admission.AskAsync(cancellationToken);
        progress.Say($"Joined: n{admitted.Node} is a learner of cluster {admitted.Cluster:N} and gets the log from the leader.");
        _membersWhenAdmitted = [.. admitted.Membership.Select(static m => new Member(new NodeId(m.Node), m.Address, IsVoter: false))];
        return NodeStorage.Join(node.Directory, setup.Options, admitted.Cluster, new NodeId(admitted.Node));
    }

    /// <summary>Null: this node is no member, or its data is damaged.</summary>
    private NodeStorage? TryOpen()
    {
        if (node.Phase != NodePhase.Member)
        {
            return null;
        }

        try
        {
            return NodeStorage.Open(node.Directory, setup.Options);
        }
        catch (StorageCorruptedException e)
        {
            LogDamaged(logger, e.Message);
            node.Directory.BeginQuarantine(e.Message);
            node.Become(NodePhase.Damaged, e.Message);
            return null;
        }
    }

    private async Task RequireAloneAsync(NodeStorage storage, CancellationToken cancellationToken)
    {
        try
        {
            await probe.RequireAloneAsync(storage.Recovered.Membership, cancellationToken);
        }
        catch
        {
            storage.Log.Dispose();
            throw;
        }
    }

    private NodeStorage Found()
    {
        var cluster = Guid.NewGuid();
        var self = setup.FirstMembers[0].Id;
        progress.Say($"Founding cluster {cluster:N} as n{self}.");
        return NodeStorage.Found(node.Directory, setup.Options, cluster, self, founding.Members);
    }

    /// <summary>
    /// A process that is given this node's address must reach it: a port that is taken is noticed before.
    /// </summary>
    private async Task ListeningAsync(CancellationToken cancellationToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = application.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(cancellationToken);
    }

    private async Task TakePartAsync(NodeStorage storage, CancellationToken cancellationToken)
    {
        var replica = _replica = createReplica(storage);
        LogStarting(logger, replica.Id, replica.ClusterId);
        replica.Start(_membersWhenAdmitted);
        _feedProgress = time.CreateTimer(_ => ReportFeedProgress(replica), null, FeedInterval, FeedInterval);
        node.Become(NodePhase.Member, $"This is n{replica.Id} of cluster {replica.ClusterId:N}.", replica);

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = watch.FollowAsync(replica, ending.Token);
        string reason;
        try
        {
            reason = await replica.Removed.WaitAsync(cancellationToken);
        }
        finally
        {
            await ending.CancelAsync();
            await EndAsync(watching, ending.Token);
        }

        LogRemoved(logger, reason);
        node.Become(NodePhase.Removed, reason);
        await replica.StopAsync();
        await replica.EndStreamsAsync();
    }

    /// <summary>The watch may be asking others about news that it has got meanwhile from a stream.</summary>
    private static async Task EndAsync(Task watching, CancellationToken ending)
    {
        try
        {
            await watching;
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // Its question was given up.
        }
    }

    private void ReportFeedProgress(ReplicaHost replica) => _ = replica.AskAsync(_ =>
    {
        feed.Progress();
        return true;
    });

    /// <summary>So that a planned stop costs the cluster no election timeout.</summary>
    private async Task HandOverAsync(ReplicaHost replica, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var isUnderWay = await replica.AskAsync(r => r.TransferLeadership(null));
        while (isUnderWay
            && replica.State.IsLeader
            && time.GetElapsedTime(started) < TransferTimeout
            && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), time, CancellationToken.None);
        }

        if (isUnderWay)
        {
            LogHandedOver(logger, replica.Id, replica.State.IsLeader ? "no other node" : "another node");
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Data directory {Directory}; the others reach this node at {Address}")]
    private static partial void LogDirectory(ILogger logger, string directory, string address);

    [LoggerMessage(2, LogLevel.Information, "Settings given: {Given}; left at their defaults: {Defaults}")]
    private static partial void LogSettings(ILogger logger, string given, string defaults);

    [LoggerMessage(3, LogLevel.Information, "Node {Node} of cluster {Cluster:N} takes part")]
    private static partial void LogStarting(ILogger logger, NodeId node, Guid cluster);

    [LoggerMessage(4, LogLevel.Information, "Node {Node} has handed leadership to {Receiver}")]
    private static partial void LogHandedOver(ILogger logger, NodeId node, string receiver);

    [LoggerMessage(5, LogLevel.Error, "The data is damaged, and this node does not vote with it: {Problem}")]
    private static partial void LogDamaged(ILogger logger, string problem);

    [LoggerMessage(6, LogLevel.Error, "This node takes no part any more: {Reason}")]
    private static partial void LogRemoved(ILogger logger, string reason);

    [LoggerMessage(7, LogLevel.Critical, "The node cannot start: {Reason}")]
    private static partial void LogCannotStart(ILogger logger, string reason);
}
