using System.Buffers;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Wire;
using Cloudkeeper.Tree.Collections;
using Cloudkeeper.Tree.ExactlyOnce;
using Cloudkeeper.Tree.History;
using Cloudkeeper.Tree.Nodes;
using Cloudkeeper.Tree.Sessions;
using Cloudkeeper.Tree.Snapshots;
using Cloudkeeper.Tree.Transactions;

namespace Cloudkeeper.Tree;

/// <summary>
/// A snapshot of one moment, written in slices while entries go on being applied. To be disposed of, also when it is
/// given up: until it is over every change costs a little more.
/// </summary>
/// <remarks>
/// Nothing is copied at the beginning. An object that changes before it has been written is kept as it was (Preserve)
/// and written instead; that a record has changed since the beginning shows in its own revisions or log index. The
/// queues of unchanging records are frozen by copying references to their chunks.
/// </remarks>
public sealed class SnapshotCursor : IDisposable
{
    /// <summary>Passing over a node costs about as much as writing this many bytes.</summary>
    private const int SkipBytes = 32;

    private readonly TreeState _state;
    private readonly SnapshotHead _head;
    private readonly TreeWalk _walk;
    private readonly Queue<TreeNode> _preservedNodes = new();
    private readonly Queue<Session> _preservedSessions = new();
    private readonly Queue<Lane> _preservedLanes = new();
    private readonly GatewayEntry[] _gateways;
    private readonly FrozenQueue<EndedSession> _ended;
    private readonly FrozenQueue<IdempotencyEntry> _idempotency;
    private readonly FrozenQueue<Tombstone> _tombstones;
    private readonly FrozenQueue<KeptChangeSet> _history;
    private readonly RecordSplitter _splitter = new();
    private Section _section;
    private int _queueIndex;
    private LaneId _lastLane = new(-1);
    private SessionId _lastSession = new(-1);

    internal SnapshotCursor(TreeState state)
    {
        _state = state;
        _head = new SnapshotHead(
            state.FeatureLevel,
            state.Revision,
            state.AppliedIndex,
            state.Time,
            state.Lanes.LastId,
            state.History.CompactedTo,
            state.Nodes.Count,
            state.Retention.Time,
            state.Retention.LastStamp,
            state.Retention.LastTerm,
            state.Retention.LastAwake,
            state.Tombstones.Floor,
            state.ComputeDigest());
        _walk = new TreeWalk(state.Nodes);
        _gateways = [.. state.Gateways.All];
        _ended = state.Sessions.FreezeEnded();
        _idempotency = state.Idempotency.Freeze();
        _tombstones = state.Tombstones.Freeze();
        _history = state.History.Freeze();
    }

    private enum Section
    {
        Head,
        Lanes,
        Sessions,
        Gateways,
        Nodes,
        Ended,
        Idempotency,
        Tombstones,
        History,
        Done,
    }

    public Revision Revision => _head.Revision;

    /// <summary>Index of the last entry that is in the snapshot.</summary>
    public long AppliedIndex => _head.AppliedIndex;

    /// <summary>
    /// Writes the next block, of about <paramref name="byteBudget"/> bytes: a record that has been begun is finished.
    /// </summary>
    /// <returns>False when it was the last one; the snapshot is over then.</returns>
    public bool WriteNext(IBufferWriter<byte> block, int byteBudget)
    {
        ArgumentNullException.ThrowIfNull(block);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(byteBudget);
        ObjectDisposedException.ThrowIf(!ReferenceEquals(_state.Snapshot, this), this);
        block.WriteByte((byte)_head.FeatureLevel);
        var output = new CountingWriter(block);
        while (output.Count < byteBudget && _section != Section.Done)
        {
            _splitter.GoOn(output, byteBudget);
            if (_splitter.IsDone && WriteSection(output, byteBudget) && _splitter.IsDone)
            {
                _section++;
                _queueIndex = 0;
            }
        }

        if (_section != Section.Done)
        {
            return true;
        }

        Dispose();
        return false;
    }

    public void Dispose()
    {
        if (ReferenceEquals(_state.Snapshot, this))
        {
            _state.Snapshot = null;
        }
    }

    /// <summary>Keeps the nodes and sessions that a transaction is about to change for good, as they were before it.</summary>
    /// <param name="below">Nodes that go because one above them was deleted.</param>
    internal void Preserve(ReadOnlySpan<JournalEntry> journal, IReadOnlyList<DeletedNode> below)
    {
        foreach (ref readonly var entry in journal)
        {
            if (entry is { Kind: JournalKind.SessionEnded, Session: { } session }
                && IsOld(session) && session.Id.Value > _lastSession.Value)
            {
                _preservedSessions.Enqueue(session);
            }

            var before = entry.Kind == JournalKind.NodeDeleted ? entry.Node : entry.Before;
            if (before is not null && IsOld(before) && !_walk.HasPassed(entry.Path ?? before.GetPath()))
            {
                _preservedNodes.Enqueue(before);
            }
        }

        for (var i = 0; i < below.Count; i++)
        {
            if (IsOld(below[i].Node) && !_walk.HasPassed(below[i].Path))
            {
                _preservedNodes.Enqueue(below[i].Node);
            }
        }
    }

    /// <summary>Keeps a lane that is about to change or to go.</summary>
    internal void Preserve(Lane lane)
    {
        if (IsOld(lane) && lane.Id.Value > _lastLane.Value)
        {
            _preservedLanes.Enqueue(lane.Copy());
        }
    }

    private bool IsOld(TreeNode node) =>
        node.ModifiedRevision <= _head.Revision && node.ChildrenRevision <= _head.Revision;

    private bool IsOld(Session session) => session.Id.Value <= _head.Revision.Value;

    private bool IsOld(Lane lane) => lane.LastUsedIndex <= _head.AppliedIndex;

    /// <returns>Whether the section is complete.</returns>
    private bool WriteSection(CountingWriter output, int byteBudget)
    {
        switch (_section)
        {
            case Section.Head:
                SnapshotFormat.Write(output, _head);
                return true;
            case Section.Lanes:
                return WriteLanes(output, byteBudget);
            case Section.Sessions:
                return WriteSessions(output, byteBudget);
            case Section.Gateways:
                Array.ForEach(_gateways, gateway => SnapshotFormat.Write(output, gateway));
                return true;
            case Section.Nodes:
                return WriteNodes(output, byteBudget);
            case Section.Ended:
                return WriteQueue(output, byteBudget, _ended, SnapshotFormat.Write);
            case Section.Idempotency:
                return WriteQueue(output, byteBudget, _idempotency, SnapshotFormat.Write);
            case Section.Tombstones:
                return WriteQueue(output, byteBudget, _tombstones, SnapshotFormat.Write);
            case Section.History:
                return WriteQueue(output, byteBudget, _history, static (into, kept) => SnapshotFormat.Write(into, kept.Set));
            default:
                throw Invariant.Unreachable(_section);
        }
    }

    private bool WriteLanes(CountingWriter output, int byteBudget)
    {
        while (output.Count < byteBudget && _preservedLanes.TryDequeue(out var preserved))
        {
            _splitter.Write(output, byteBudget, preserved, SnapshotFormat.Write);
        }

        var cursor = _state.Lanes.After(_lastLane);
        while (output.Count < byteBudget)
        {
            if (!cursor.MoveNext())
            {
                _lastLane = new LaneId(long.MaxValue);
                return _preservedLanes.Count == 0;
            }

            _lastLane = cursor.Current.Id;
            if (IsOld(cursor.Current))
            {
                _splitter.Write(output, byteBudget, cursor.Current, SnapshotFormat.Write);
            }
        }

        return false;
    }

    private bool WriteSessions(CountingWriter output, int byteBudget)
    {
        while (output.Count < byteBudget && _preservedSessions.TryDequeue(out var preserved))
        {
            SnapshotFormat.Write(output, preserved);
        }

        var cursor = _state.Sessions.After(_lastSession);
        while (output.Count < byteBudget)
        {
            // Ids grow: the first new session is behind all old ones.
            if (!cursor.MoveNext() || !IsOld(cursor.Current))
            {
                _lastSession = new SessionId(long.MaxValue);
                return _preservedSessions.Count == 0;
            }

            _lastSession = cursor.Current.Id;
            SnapshotFormat.Write(output, cursor.Current);
        }

        return false;
    }

    private bool WriteNodes(CountingWriter output, int byteBudget)
    {
        while (output.Count < byteBudget && _preservedNodes.TryDequeue(out var preserved))
        {
            SnapshotFormat.Write(output, preserved, _head.FeatureLevel);
        }

        _walk.BeginSlice();
        while (output.Count < byteBudget && _walk.Next() is { } node)
        {
            if (IsOld(node))
            {
                SnapshotFormat.Write(output, node, _head.FeatureLevel);
            }
            else
            {
                output.Charge(SkipBytes);
            }
        }

        _walk.EndSlice();
        return _walk.IsDone && _preservedNodes.Count == 0;
    }

    private bool WriteQueue<T>(
        CountingWriter output, int byteBudget, FrozenQueue<T> queue, Action<IBufferWriter<byte>, T> write)
        where T : class
    {
        while (output.Count < byteBudget && _queueIndex < queue.Count)
        {
            _splitter.Write(output, byteBudget, queue[_queueIndex++], write);
        }

        return _queueIndex == queue.Count;
    }
}
