using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Commands;
using Cloudkeeper.Replica.Members;
using Cloudkeeper.Replica.Reads;
using Cloudkeeper.Replica.Sessions;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Replica;

/// <summary>
/// One Raft member with its state machine, driven from outside: inputs through the methods, effects through
/// <see cref="IReplicaHost"/>. Single threaded, without a clock or randomness of its own.
/// </summary>
/// <remarks>
/// Inputs are only noted. <see cref="Advance"/> then does the work that follows from all of them together, so that
/// inputs that arrive at once become one write, one message a follower, one round.
/// </remarks>
public sealed partial class ReplicaNode
{
    private readonly ReplicaOptions _options;
    private readonly IReplicaHost _host;
    private readonly RaftNode _raft;
    private readonly PendingCommands _commands;
    private readonly PendingReads _reads = new();
    private readonly SessionTimers _sessions = new();
    private readonly AwakeClock _awake;
    private readonly List<CommandResult> _results = [];

    private LogIndex _applied;
    private Term _appliedTerm;
    private (Term Term, Role Role) _known;

    /// <param name="machine">The state of the newest snapshot; empty when there is none.</param>
    public ReplicaNode(
        NodeId id,
        ReplicaOptions options,
        RecoveredState state,
        StateMachine machine,
        Random random,
        IReplicaHost host,
        IRaftObserver? observer = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(machine);
        _options = options;
        _host = host;
        _awake = new AwakeClock(host.MonotonicMilliseconds, options.PauseMilliseconds);
        Machine = machine;
        _raft = new RaftNode(id, options.Raft, state, random, observer);
        _commands = new PendingCommands(options.PendingBatchesMax);
        _mark = new CatchUpMark(options.Raft.ElectionTicks);
        _roomHandover = new RoomHandover(options.Raft.ElectionTicks);
        _applied = state.Snapshot?.Index ?? LogIndex.Zero;
        _appliedTerm = state.Snapshot?.Term ?? default;
        _snapshot = state.Snapshot;
        Invariant.Require(machine.AppliedIndex <= _applied.Value);
    }

    public StateMachine Machine { get; private set; }

    public NodeId Id => _raft.Id;

    public Role Role => _raft.Role;

    public Term Term => _raft.Term;

    public NodeId? Leader => _raft.Leader;

    public Membership Membership => _raft.Membership;

    public LogIndex LastIndex => _raft.LastIndex;

    public LogIndex CommitIndex => _raft.CommitIndex;

    public LogIndex AppliedIndex => _applied;

    /// <summary>How far a member is, as the leader knows; null elsewhere.</summary>
    public LogIndex? MatchIndexOf(NodeId member) => _raft.MatchIndexOf(member);

    /// <summary>
    /// Whether the leader has had a message from a member within an election timeout; null elsewhere.
    /// </summary>
    public bool? IsActive(NodeId member) => _raft.IsActive(member);

    /// <summary>Leads, and has applied an entry of its own term: its session timers run.</summary>
    public bool IsServingLeader => _raft.Role == Role.Leader && _appliedTerm == _raft.Term;

    /// <summary>Batches waiting for their commit.</summary>
    public int PendingCommands => _commands.Count;

    public int SessionCount => _sessions.Count;

    /// <summary>Advances Raft's logical clock and looks after members, sessions and idle nodes.</summary>
    public void Tick()
    {
        _ = AwakeMilliseconds;
        _raft.Tick();
        TickMembers();
        TickRoom();
        ExpireSessions();
        RemoveIdleNodes();
        StampCheckpoint();
    }

    /// <summary>A message of a stream. Snapshots travel as files: <see cref="ReceiveSnapshot"/>.</summary>
    public StepResult Receive(RaftMessage message) =>
        message is SnapshotRequest ? StepResult.Violation : _raft.Step(message);

    /// <inheritdoc cref="RaftNode.Judge"/>
    public StepResult Judge(RaftMessage message) => _raft.Judge(message);

    public void PeerUnreachable(NodeId peer) => _raft.Unreachable(peer);

    /// <summary>
    /// Hands leadership over, to any suitable member when <paramref name="target"/> is null, and leaves it to the
    /// caller to watch the outcome.
    /// </summary>
    public bool TransferLeadership(NodeId? target) => _raft.TransferLeadership(target);

    /// <summary>Does all that follows from the inputs since the last call.</summary>
    public void Advance()
    {
        NoticeLostLeadership();
        while (_raft.TryTakeOutput(out var output))
        {
            foreach (var message in output.Messages)
            {
                _host.Send(message);
            }

            // After the messages: the leader's own disk works while its followers' do (thesis, 10.2.1).
            if (output.Write is not null)
            {
                Persist(output.Write);
            }

            Restore(output.Restore);
            Apply(output.Committed);
            foreach (var state in output.ReadStates)
            {
                _reads.Confirmed(state);
            }

            NoticeLostLeadership();
        }

        EndHandover();
        _reads.Serve(Machine, _applied, _host.MonotonicMilliseconds, _options.MinRevisionWaitMilliseconds);
        BeginSnapshotIfDue();
    }

    private void NoticeLostLeadership()
    {
        var now = (_raft.Term, _raft.Role);
        if (now == _known)
        {
            return;
        }

        // Also what came in a leadership that was won and lost within one turn, and was never noticed: it would stay
        // unanswered.
        if (_known.Role == Role.Leader || now.Role != Role.Leader)
        {
            _commands.FailAll();
            _reads.FailRounds();
            _sessions.Clear();
            _changes.FailAll(Leader);
        }

        _known = now;
    }

    private void Apply(IReadOnlyList<LogEntry> entries)
    {
        if (entries.Count == 0)
        {
            return;
        }

        foreach (var entry in entries)
        {
            ApplyEntry(entry);
            if (Machine.HasMuchNews)
            {
                TellNews();
            }
        }

        _raft.ApplyDone(_applied);
        TellNews();
    }

    private void TellNews()
    {
        _host.Applied(Machine, Machine.Revision);
        Machine.NewsTold();
    }

    private void ApplyEntry(LogEntry entry)
    {
        Invariant.Require(entry.Index == _applied.Next());
        var wasServing = IsServingLeader;
        _results.Clear();
        if (entry.Kind == EntryKind.Command)
        {
            var stamp = EntryPayload.ReadStamp(entry.Payload.Span);
            var batch = _commands.BatchOf(entry.Index, entry.Term) ?? EntryPayload.ReadBatch(entry.Payload.Span);
            Machine.Apply(entry.Index.Value, entry.Term.Value, stamp, [batch], _results);
            Invariant.Require(_results.Count == batch.Requests.Count);
            Compare(entry.Term, batch);
        }

        _applied = entry.Index;
        _appliedTerm = entry.Term;
        TakeDigest(entry.Index);
        if (entry.Kind == EntryKind.Membership)
        {
            MembershipApplied(entry.Index);
        }

        _bytesSinceSnapshot += entry.Size;
        _commands.Applied(entry.Index, entry.Term, [.. _results]);
        if (IsServingLeader)
        {
            FollowSessions(wasServing);
        }
    }
}
