using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Tree.ExactlyOnce;
using Cloudkeeper.Tree.Gateways;
using Cloudkeeper.Tree.History;
using Cloudkeeper.Tree.Levels;
using Cloudkeeper.Tree.Nodes;
using Cloudkeeper.Tree.Sessions;
using Cloudkeeper.Tree.Transactions;

namespace Cloudkeeper.Tree;

/// <summary>All that is replicated, and the beginning and end of its transactions.</summary>
internal sealed class TreeState
{
    /// <summary>A journal that has grown larger is not kept for the next transactions.</summary>
    private const int JournalEntriesKept = 1024;

    /// <summary>Of the transaction that is under way: one at a time.</summary>
    private List<JournalEntry> _journal = [];

    public TreeState(StateMachineOptions options)
    {
        Options = options;
        Sessions = new SessionTable(options, Digest);
        Nodes = new NodeTree(Digest, Sessions);
        Gateways = new GatewayTable(Sessions, Digest);
        History = new ChangeHistory(options, Digest);
        Tombstones = new TombstoneTable(options, Digest);
        Lanes = new LaneTable(options, Digest);
        Idempotency = new IdempotencyTable(options, Digest);
    }

    public StateMachineOptions Options { get; }

    public StateDigest Digest { get; } = new();

    public SessionTable Sessions { get; }

    public NodeTree Nodes { get; }

    public GatewayTable Gateways { get; }

    public ContentTypes ContentTypes { get; } = new();

    public ChangeHistory History { get; }

    public TombstoneTable Tombstones { get; }

    public LaneTable Lanes { get; }

    public IdempotencyTable Idempotency { get; }

    /// <summary>The snapshot that is being written.</summary>
    public SnapshotCursor? Snapshot
    {
        get;
        set
        {
            field = value;
            Lanes.Snapshot = value;
        }
    }

    public Revision Revision { get; set; }

    public long AppliedIndex { get; set; }

    /// <summary>Of the entry that is being applied.</summary>
    public long AppliedTerm { get; set; }

    /// <summary>Log time, Unix milliseconds.</summary>
    public long Time { get; set; }

    public RetentionClock Retention { get; } = new();

    /// <exception cref="FeatureLevelException">This program does not know the level.</exception>
    public int FeatureLevel
    {
        get;
        set => field = value <= Options.NewestLevel
            ? value
            : throw new FeatureLevelException(value, Options.NewestLevel);
    }

    = FeatureLevels.First;

    public ulong ComputeDigest()
    {
        var head = new RecordHash(RecordKind.Head);
        head.Add(Revision.Value);
        head.Add(AppliedIndex);
        head.Add(Time);
        head.Add(Lanes.LastId);
        if (FeatureLevel > FeatureLevels.First)
        {
            head.Add(FeatureLevel);
            head.Add(Retention.Time);
            head.Add(Retention.LastStamp);
        }

        if (FeatureLevel >= FeatureLevels.AwakeClock)
        {
            head.Add(Retention.LastTerm);
            head.Add(Retention.LastAwake);
        }

        if (FeatureLevel >= FeatureLevels.DeletionFloor)
        {
            head.Add(Tombstones.Floor.Value);
        }

        return unchecked(Digest.Sum + head.Value);
    }

    /// <summary>
    /// From here on TTL nodes age by the retention clock. Those that are there have the age that they have by log time.
    /// </summary>
    public void StartTtls() => Nodes.StartTtls(node =>
        TtlStartOf(Retention.Time - Math.Clamp(Time - node.ModifiedAt, 0, node.TtlMilliseconds)));

    public Transaction Begin()
    {
        Invariant.Require(Revision.Value < Revision.ValueMax && _journal.Count == 0);
        var start = FeatureLevel < FeatureLevels.AwakeClock ? 0 : TtlStartOf(Retention.Time);
        return new Transaction(Revision.Next(), Time, start, Digest.Sum, _journal);
    }

    /// <summary>Makes the changes final, or undoes them when the command was refused.</summary>
    public Outcome End(Transaction transaction, Outcome outcome)
    {
        if (!outcome.IsOk || !TryCommit(transaction))
        {
            Undo(transaction);
        }

        _journal.Clear();
        if (_journal.Capacity > JournalEntriesKept)
        {
            _journal = [];
        }

        return outcome;
    }

    /// <summary>False when no change is left: a node created and deleted again.</summary>
    private bool TryCommit(Transaction transaction)
    {
        var effect = NetChanges.Of(transaction);
        var isSessionChange = CommitSessions(transaction.Journal, out var ended);
        if (!isSessionChange && effect.Changes.Count == 0)
        {
            return false;
        }

        Snapshot?.Preserve(transaction.Journal, effect.Below);
        Nodes.Bury(effect.Below);
        foreach (var change in effect.Changes)
        {
            if (change.Type == ChangeType.Deleted)
            {
                Tombstones.Add(new Tombstone(change.Path, transaction.Revision), FeatureLevel);
            }
        }

        History.Add(new ChangeSet(Revision, transaction.Revision, Time, effect.Changes, ended)
        {
            TouchedParents = FeatureLevel < FeatureLevels.TouchedParents ? [] : effect.Touched,
        }, FeatureLevel);
        Revision = transaction.Revision;
        return true;
    }

    /// <summary>0 would mean that the node ages by log time.</summary>
    private static long TtlStartOf(long time) => Math.Max(1, time);

    /// <summary>Whether a session was opened or ended.</summary>
    private bool CommitSessions(ReadOnlySpan<JournalEntry> journal, out IReadOnlyList<SessionId> ended)
    {
        var isChange = false;
        List<SessionId>? ids = null;
        foreach (ref readonly var entry in journal)
        {
            isChange |= entry.Session is not null;
            if (entry.Ended is not null)
            {
                (ids ??= []).Add(entry.Ended.Info.Id);
                Sessions.AddEnded(entry.Ended);
                Gateways.RemoveOf(entry.Ended.Info.Id);
            }
        }

        ended = ids ?? (IReadOnlyList<SessionId>)[];
        return isChange;
    }

    private void Undo(Transaction transaction)
    {
        var journal = transaction.Journal;
        for (var i = journal.Length - 1; i >= 0; i--)
        {
            ref readonly var entry = ref journal[i];
            switch (entry.Kind)
            {
                case JournalKind.SessionOpened:
                    Sessions.Remove(entry.Session!);
                    break;
                case JournalKind.SessionEnded:
                    Sessions.Add(entry.Session!);
                    break;
                default:
                    Nodes.Undo(entry);
                    break;
            }
        }

        Digest.Sum = transaction.DigestBefore;
    }
}
