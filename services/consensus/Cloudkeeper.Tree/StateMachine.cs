using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Tree.ExactlyOnce;
using Cloudkeeper.Tree.History;
using Cloudkeeper.Tree.Locks;
using Cloudkeeper.Tree.Nodes;
using Cloudkeeper.Tree.Reads;
using Cloudkeeper.Tree.Recovery;
using Cloudkeeper.Tree.Sessions;
using Cloudkeeper.Tree.Transactions;

namespace Cloudkeeper.Tree;

/// <summary>
/// The replicated state: the tree of nodes, the sessions, the locks, the tables for exactly-once execution, and
/// a bounded history of changes. Deterministic: the same entries give the same results and the same digest on every
/// replica. Not thread safe.
/// </summary>
public sealed class StateMachine
{
    /// <summary>Old records that an entry forgets at most, on top of two for each of its commands: no entry stalls.</summary>
    private const int ForgetMin = 256;

    private readonly TreeState _state;
    private readonly BatchExecutor _batches;
    private readonly ReadHandler _reads;
    private readonly Refounding _refounding;
    private readonly WorkEstimate _work;

    public StateMachine(StateMachineOptions options)
        : this(new TreeState(options))
    {
    }

    internal StateMachine(TreeState state)
    {
        _state = state;
        _reads = new ReadHandler(state);
        _work = new WorkEstimate(state);
        var nodes = new NodeOperations(state, new TransactionBounds(state));
        var sessions = new SessionCommands(state);
        _refounding = new Refounding(state, sessions);
        var locks = new LockCommands(state, nodes, sessions);
        var transactions = new TransactionCommands(state, nodes);
        var commands = new CommandExecutor(state, transactions, sessions, locks, new IdleNodeCommands(state));
        _batches = new BatchExecutor(state, commands, locks);
    }

    public Revision Revision => _state.Revision;

    /// <summary>Index of the last entry that was applied. Entries without commands need not be.</summary>
    public long AppliedIndex => _state.AppliedIndex;

    /// <summary>Log time in Unix milliseconds: the largest stamp of a leader so far.</summary>
    public long Time => _state.Time;

    /// <summary>How this state behaves: see <see cref="FeatureLevels"/>.</summary>
    public int FeatureLevel => _state.FeatureLevel;

    /// <summary>Equal on two replicas that have applied the same entries.</summary>
    public ulong Digest => _state.ComputeDigest();

    public int NodeCount => _state.Nodes.Count;

    public int SessionCount => _state.Sessions.Count;

    /// <summary>The oldest revision whose change set is kept.</summary>
    public Revision OldestRevision => _state.History.StatusOf(Revision).OldestRevision;

    /// <summary>
    /// So many changes are not published yet that they have to be before the next entry, which may forget old ones.
    /// </summary>
    public bool HasMuchNews => _state.History.HasMuchNews;

    /// <summary>All changes so far have been published.</summary>
    public void NewsTold() => _state.History.NewsTold();

    /// <summary>Applies an entry whose leader stamped its time of day alone (Unix milliseconds).</summary>
    public void Apply(
        long index, long term, long timestamp, IReadOnlyList<CommandBatch> batches, ICollection<CommandResult> results) =>
        Apply(index, term, new EntryStamp(timestamp), batches, results);

    /// <summary>Applies one committed entry of the log. Values of the commands are given away: they become the tree's.</summary>
    /// <param name="stamp">The proposing leader's clocks.</param>
    /// <param name="results">Gets one result a request, in order.</param>
    /// <exception cref="FeatureLevelException">
    /// The cluster goes to a level that this program does not know: nothing more may be done with this object.
    /// </exception>
    public void Apply(
        long index, long term, EntryStamp stamp, IReadOnlyList<CommandBatch> batches, ICollection<CommandResult> results)
    {
        ArgumentNullException.ThrowIfNull(batches);
        ArgumentNullException.ThrowIfNull(results);
        Invariant.Require(index > _state.AppliedIndex);
        Invariant.Require(term >= _state.AppliedTerm);
        _state.AppliedIndex = index;
        _state.AppliedTerm = term;
        AdvanceTime(stamp, batches.Sum(batch => batch.Requests.Count));
        _state.History.Trim(_state.FeatureLevel);

        var expected = results.Count;
        foreach (var batch in batches)
        {
            _batches.Execute(batch, results);
            expected += batch.Requests.Count;
        }

        Invariant.Require(results.Count == expected);
    }

    /// <summary>About the work of a batch, by the present state; that may be another one when it comes to it.</summary>
    public EntryWork Estimate(CommandBatch batch) => _work.Of(batch);

    /// <summary>Answers at the present revision.</summary>
    public ReadResult Read(ReadRequest request) => _reads.Read(request);

    /// <summary>Reads the change sets above <paramref name="from"/>, at most <paramref name="countMax"/> of them.</summary>
    public HistoryStatus ReadHistory(Revision from, int countMax, ICollection<ChangeSet> into)
    {
        ArgumentNullException.ThrowIfNull(into);
        ArgumentOutOfRangeException.ThrowIfNegative(countMax);
        return _state.History.Read(from, countMax, into);
    }

    public bool IsAlive(SessionId session) => _state.Sessions.Find(session) is not null;

    /// <summary>How many ephemeral nodes a session has; null when it is not live.</summary>
    public int? CountEphemerals(SessionId session) => _state.Sessions.Find(session)?.Ephemerals.Count;

    /// <summary>The gateways that have registered, in the order of their names; none before feature level 4.</summary>
    public IReadOnlyList<GatewayEntry> Gateways => _state.Gateways.All;

    /// <summary>
    /// The live sessions with a larger id, in order. Ids grow: with the largest one that is known as
    /// <paramref name="after"/> it gives those that were opened since.
    /// </summary>
    public IEnumerable<LiveSession> LiveSessions(SessionId after)
    {
        var cursor = _state.Sessions.After(after);
        while (cursor.MoveNext())
        {
            yield return new LiveSession(cursor.Current.Id, cursor.Current.TtlMilliseconds);
        }
    }

    /// <summary>
    /// Container and TTL nodes that are due at an entry that the leader of this term would propose now, as
    /// <see cref="RemoveIdleNodesCommand"/>.
    /// </summary>
    public void CollectIdleNodes(long term, EntryStamp now, int countMax, ICollection<IdleNode> into)
    {
        ArgumentNullException.ThrowIfNull(into);
        var time = FeatureLevel < FeatureLevels.AwakeClock
            ? now.UnixMilliseconds
            : _state.Retention.TimeAt(term, now.AwakeMilliseconds);
        _state.Nodes.Idle.CollectDue(time, countMax, into);
    }

    /// <summary>
    /// Whether a leader should propose an entry only to record how long it has been awake: some nodes wait for their
    /// time, and unrecorded time is lost with the leader.
    /// </summary>
    public bool NeedsStamp(long term, EntryStamp now) =>
        now.AwakeMilliseconds is { } awake && _state.Nodes.Idle.Count > 0 && _state.Retention.IsBehind(term, awake);

    /// <summary>
    /// Makes this the first state of a new cluster: its revision is the next multiple of
    /// <see cref="Revision.IncarnationStride"/>, its history is empty, all sessions have ended in that revision and their
    /// ephemeral nodes and tickets are gone, lanes are dropped, results by idempotency key are kept.
    /// </summary>
    /// <param name="index">Of the new log: the entry that this state stands for.</param>
    /// <param name="above">A revision that clients know of a later state: the new one is above it as well.</param>
    public void Refound(long index, Revision above = default) => _refounding.Run(index, above);

    /// <summary>
    /// Begins a snapshot of this very moment. Entries may be applied while it is being written; one snapshot at a time.
    /// </summary>
    public SnapshotCursor BeginSnapshot()
    {
        Invariant.Require(_state.Snapshot is null, "one snapshot at a time");
        return _state.Snapshot = new SnapshotCursor(_state);
    }

    private void AdvanceTime(EntryStamp stamp, int requestCount)
    {
        var retention = _state.Retention;
        var before = retention.Time;
        _state.Time = Math.Max(_state.Time, stamp.UnixMilliseconds);
        retention.Advance(_state.FeatureLevel, _state.AppliedTerm, stamp, _state.Time);
        var forgetMax = ForgetMin + (2 * requestCount);
        _state.Sessions.Forget(retention.Time, forgetMax);
        _state.Idempotency.Forget(retention.Time, forgetMax);
        _state.Lanes.Forget(before, retention.Time);
    }
}
