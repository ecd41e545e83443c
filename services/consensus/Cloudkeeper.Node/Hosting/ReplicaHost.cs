using Cloudkeeper.Hosting.Memory;
using Cloudkeeper.Node.Checkpoints;
using Cloudkeeper.Node.Configuration;
using Cloudkeeper.Node.Joining;
using Cloudkeeper.Node.Metrics;
using Cloudkeeper.Node.Peers;
using Cloudkeeper.Node.Reads;
using Cloudkeeper.Node.Storage;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica;
using Cloudkeeper.Replica.Feed;
using Cloudkeeper.Replica.Members;
using Cloudkeeper.Storage;
using Microsoft.AspNetCore.Http.Features;

namespace Cloudkeeper.Node.Hosting;

/// <summary>The process around one replica: gives it turns, a disk, peers and a clock.</summary>
internal sealed partial class ReplicaHost : IReplicaHost, IAsyncDisposable
{
    /// <summary>A turn that comes later than this many ticks after the one before indicates a pause.</summary>
    private const int PauseTicks = 4;

    private readonly NodeStorage _storage;
    private readonly NodeSetup _setup;
    private readonly NodeMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly FeedHub _feed;
    private readonly PeerLinks _links;
    private readonly PeerAdmission _admission;
    private readonly DigestInquiry _inquiry;
    private readonly VoterInquiry _voters;
    private readonly PeerViolations _violations;
    private readonly AddressProbe _probe;
    private readonly FatalErrors _fatal;
    private readonly ILogger<ReplicaHost> _logger;
    private readonly LogWriter _log;
    private readonly ReplicaTurns _turns;
    private readonly ReplicaNode _replica;
    private readonly ReadQueue _reads;
    private readonly TaskCompletionSource<string> _removed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _started;
    private long _heardAt;
    private ITimer? _ticks;
    private int _isProbing;
    private bool _isDiskHanging;
    private NodeId? _leader;
    private TaskCompletionSource _leaderNews = NewNews();
    private Membership? _membership;
    private Membership? _committed;
    private bool _isSaidToBeGone;
    private readonly ReplicaTicks _tick;
    private int _snapshotStepQueued;
    private int _readsQueued;

    /// <param name="storage">Of the member that this node is. Owned.</param>
    public ReplicaHost(
        NodeStorage storage,
        NodeSetup setup,
        NodeMetrics metrics,
        FeedHub feed,
        PeerClient peers,
        MemoryBudget memory,
        TimeProvider time,
        ILoggerFactory loggers,
        RaftLog observer,
        DigestInquiry inquiry,
        VoterInquiry voters,
        PeerViolations violations,
        AddressProbe probe,
        ThisNode node,
        FatalErrors fatal)
    {
        _storage = storage;
        _setup = setup;
        _metrics = metrics;
        _time = time;
        _feed = feed;
        _inquiry = inquiry;
        _voters = voters;
        _violations = violations;
        _fatal = fatal;
        _logger = loggers.CreateLogger<ReplicaHost>();
        _started = _heardAt = time.GetTimestamp();
        Self = new PeerIdentity(
            storage.Identity.ClusterId, storage.Identity.Node, storage.Identity.Instance, setup.Address, ProgramVersion.Own)
        {
            Run = node.Run,
        };
        _probe = probe;
        Transfers = new SnapshotTransfers(storage, peers, time, loggers.CreateLogger<SnapshotTransfers>());
        _admission = new PeerAdmission(Self);
        _links = new PeerLinks(
            Self,
            _admission,
            peers.Client,
            metrics,
            time,
            loggers.CreateLogger<PeerSender>(),
            peer => Post(r => r.PeerUnreachable(peer)),
            () => Volatile.Write(ref _isSaidToBeGone, true));
        _log = new LogWriter(
            storage.Log,
            storage.Room,
            metrics,
            sequence => Post(r => r.WriteCompleted(sequence)),
            room => Post(r => r.Room = room),
            fatal.Stop);
        _turns = new ReplicaTurns(EndTurn, fatal.Stop);
        _tick = new ReplicaTicks(_turns, () => _replica!.Tick());
        _replica = new ReplicaNode(
            Id,
            OptionsOf(setup.Options),
            storage.Recovered,
            storage.Machine,
            new Random(),
            this,
            observer);
        _reads = new ReadQueue(time, memory, request => Expiry.Add(_replica, _replica.Machine.Read(request)));
    }

    public NodeId Id => Self.Node;

    public Guid ClusterId => Self.Cluster;

    public PeerIdentity Self { get; }

    public SnapshotTransfers Transfers { get; }

    public SnapshotStore Snapshots => _storage.Snapshots;

    /// <summary>As of the end of the last turn.</summary>
    public NodeState State { get; private set; } = NodeState.Starting;

    /// <summary>
    /// No message of another member has come for much longer than it takes to elect a leader. (A leader alone in its
    /// cluster receives none, and lacks none.)
    /// </summary>
    public bool HearsNobody => !State.IsLeader && _time.GetElapsedTime(Volatile.Read(ref _heardAt)) > Patience;

    /// <summary>Four election timeouts: elections take one or two.</summary>
    public TimeSpan Patience => 4 * _setup.Options.ElectionTicks * _setup.Options.TickInterval;

    /// <summary>Completes with the reason once the cluster has reported that this member was taken out.</summary>
    public Task<string> Removed => _removed.Task;

    /// <summary>
    /// A peer has ended a stream with the news that this member was taken out: a reason to ask the cluster, and no
    /// more.
    /// </summary>
    public bool IsSaidToBeGone
    {
        get => Volatile.Read(ref _isSaidToBeGone);
        set => Volatile.Write(ref _isSaidToBeGone, value);
    }

    /// <summary>More waits for its turn than requests may add to.</summary>
    public bool IsOverloaded => _turns.IsFull;

    public long MonotonicMilliseconds => (long)_time.GetElapsedTime(_started).TotalMilliseconds;

    public long UnixMilliseconds => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>How endpoints get it: <see cref="ReplicaRoutes"/> has seen that there is one.</summary>
    public static ValueTask<ReplicaHost> BindAsync(HttpContext context) =>
        ValueTask.FromResult(context.Features.GetRequiredFeature<ReplicaHost>());

    /// <param name="others">Members that are not in the log: it is empty in a node that has just joined.</param>
    public void Start(IReadOnlyList<Member> others)
    {
        _log.Start();
        Post(r => _links.Open(r.Membership.Members.Concat(others)));
        _ticks = _time.CreateTimer(_ => _tick.Post(), null, _setup.Options.TickInterval, _setup.Options.TickInterval);
    }

    /// <summary>
    /// Completes once the queue of inputs has become shorter: for peers that could send without end.
    /// </summary>
    public ValueTask BreatheAsync() => _turns.IsFull ? new ValueTask(AskAsync(static _ => true)) : ValueTask.CompletedTask;

    /// <summary>Whether a peer may open a stream here, and if so, where it is to be answered.</summary>
    public PeerRefusal? Admit(PeerIdentity peer, NodeId to) => _admission.Judge(peer, to);

    /// <summary>An admitted peer has opened a stream.</summary>
    public void Note(PeerIdentity peer)
    {
        _admission.Note(peer);
        Post(_ => _links.Heard(peer.Node));
    }

    /// <summary>
    /// A member calls from an address that the log does not name: it is admitted if the log's own address leads to the
    /// very same process, for example because one has a name and the other has not. Returns at once; the member dials
    /// again.
    /// </summary>
    public void BeginProof(PeerIdentity peer, string address)
    {
        if (Interlocked.Exchange(ref _isProbing, 1) == 0)
        {
            _work.Begin(stopping => ProveAsync(peer, address, stopping));
        }
    }

    /// <summary>Voters that this node knows vouch for these as voters.</summary>
    public void Vouch(IReadOnlyList<Member> voters) => Post(r =>
    {
        foreach (var voter in voters.Where(v => v.Id != Id && !IsAnotherDisk(r.FindMember(v.Id), v)))
        {
            _admission.Vouched(voter);
            r.Vouch(voter.Id);
        }
    });

    /// <summary>Of a member's program; null: it has not announced it here.</summary>
    public string? VersionOf(NodeId member) => _admission.VersionOf(member);

    /// <summary>The cluster has reported that this node is none of its members any more.</summary>
    public void NoticeRemoval(string reason) => _removed.TrySetResult(reason);

    /// <summary>
    /// The cluster has reported that another process runs as this member, and that this one has a copy of its data.
    /// </summary>
    public void NoticeCopy(string problem) => _removed.TrySetException(new CopiedDataException(problem));

    /// <summary>Completes when a leader of a later term is known, after the given time, or when it is cancelled.</summary>
    public async Task WaitForLeaderAsync(long laterThan, TimeSpan atMost, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        while (!cancellationToken.IsCancellationRequested && atMost - _time.GetElapsedTime(began) is var left && left > TimeSpan.Zero)
        {
            var news = Volatile.Read(ref _leaderNews).Task;
            if (State is { HasLeader: true } state && state.Term > laterThan)
            {
                return;
            }

            await news.WaitAsync(left, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>
    /// Brings a message to the replica's next turn. A message that its sender must not send ends the stream.
    /// </summary>
    public void Receive(RaftMessage message, PeerStream stream) => Post(r =>
    {
        if (Notice(r.Receive(message), stream.Peer, message))
        {
            stream.Break("No member can send this message.");
        }
    });

    /// <summary>The replica's judgement of a message, without its effects.</summary>
    public Task<StepResult> JudgeAsync(RaftMessage message, PeerIdentity peer) => AskAsync(r =>
    {
        var result = r.Judge(message);
        Notice(result, peer, message);
        return result;
    });

    private static bool IsAnotherDisk(Member? known, Member named) =>
        known is not null && known.Instance != Guid.Empty && known.Instance != named.Instance;

    private static TaskCompletionSource NewNews() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task ProveAsync(PeerIdentity peer, string address, CancellationToken stopping)
    {
        try
        {
            if (await _probe.AskAsync(address, peer.Instance, peer.Run, stopping) is { Occupant: Occupant.Announcer })
            {
                _admission.Proven(peer);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The node stops.
        }
        finally
        {
            Volatile.Write(ref _isProbing, 0);
        }
    }

    /// <returns>True: the peer has broken the rules.</returns>
    private bool Notice(StepResult result, PeerIdentity peer, RaftMessage message)
    {
        switch (result)
        {
            case StepResult.Taken:
                Volatile.Write(ref _heardAt, _time.GetTimestamp());
                return false;
            case StepResult.Unproven:
                _metrics.MessageUnproven();
                _voters.Begin(this, peer);
                return false;
            default:
                _violations.Notice(peer, $"{message.GetType().Name} of term {message.Term}, here is term {_replica.Term}");
                return true;
        }
    }

    private void Post(Action<ReplicaNode> input) => _turns.Post(() => input(_replica));

    private void EndTurn()
    {
        _replica.Advance();
        _reads.Serve(_replica.Machine.Revision);
        var committed = _replica.CommittedMembership;
        _admission.Committed = committed;
        _admission.Newest = _replica.Membership;
        if (!ReferenceEquals(_membership, _replica.Membership) || !ReferenceEquals(_committed, committed))
        {
            (_membership, _committed) = (_replica.Membership, committed);
            _links.Retain(_replica.FindMember);
        }

        State = Describe();
        if (_replica.IsDiskHanging != _isDiskHanging)
        {
            _isDiskHanging = _replica.IsDiskHanging;
            LogDisk();
        }

        if (_replica.Leader != _leader)
        {
            _leader = _replica.Leader;
            _metrics.LeaderChanged();
            Interlocked.Exchange(ref _leaderNews, NewNews()).SetResult();
        }

        if (_reads.Count > 0)
        {
            QueueReads();
        }

        if (_replica.HasSnapshotWork)
        {
            QueueSnapshotStep();
        }
    }

    private void LogDisk()
    {
        if (_isDiskHanging)
        {
            LogDiskHangs(_logger);
        }
        else
        {
            LogDiskAnswers(_logger);
        }
    }

    private NodeState Describe() => new()
    {
        IsLeader = _replica.Role == Role.Leader,
        HasLeader = _replica.Leader is not null,
        Term = _replica.Term.Value,
        CommitIndex = _replica.CommitIndex.Value,
        AppliedIndex = _replica.AppliedIndex.Value,
        LastIndex = _replica.LastIndex.Value,
        SnapshotIndex = _replica.Snapshot?.Index.Value ?? 0,
        Revision = _replica.Machine.Revision.Value,
        TreeNodes = _replica.Machine.NodeCount,
        Sessions = _replica.Machine.SessionCount,
        PendingBatches = _replica.PendingCommands,
        LogBytes = _log.SizeBytes,
        FeedStreams = _feed.Count,
        Membership = _replica.Membership,
        Room = _replica.Room,
    };

    private ReplicaOptions OptionsOf(NodeOptions options) => new()
    {
        ClusterId = ClusterId,
        Raft = RaftOptions.Default with { ElectionTicks = options.ElectionTicks },
        SnapshotLogBytes = options.SnapshotLogBytes,
        SnapshotLogEntries = options.SnapshotLogEntries,
        PauseMilliseconds = PauseTicks * (long)options.TickInterval.TotalMilliseconds,
    };

    [LoggerMessage(
        LogLevel.Error,
        "The disk of the data directory finishes no writes: this node hands leadership over and does not take it. Look at the disk")]
    private static partial void LogDiskHangs(ILogger logger);

    [LoggerMessage(LogLevel.Information, "The disk of the data directory finishes writes again")]
    private static partial void LogDiskAnswers(ILogger logger);
}
