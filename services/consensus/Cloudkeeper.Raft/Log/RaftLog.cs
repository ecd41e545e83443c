namespace Cloudkeeper.Raft.Log;

/// <summary>
/// The log in memory: every entry since the last compaction, the snapshot before it, and how far it is committed.
/// Which of it is durable is the business of <see cref="WriteQueue"/>.
/// </summary>
/// <remarks>Invariant: compacted &lt;= snapshot &lt;= commit &lt;= last.</remarks>
internal sealed class RaftLog
{
    private readonly EntryRing _entries = new();
    private readonly MembershipHistory _memberships = new();

    // The newest entry that is forgotten. Its term is kept, so that an append behind it can be checked; index 0 has
    // term 0.
    private LogIndex _compacted;
    private Term _compactedTerm;

    public LogIndex FirstIndex => _compacted.Next();

    public LogIndex LastIndex => _compacted + _entries.Count;

    public Term LastTerm => _entries.Count == 0 ? _compactedTerm : _entries[_entries.Count - 1].Term;

    public LogIndex Commit { get; private set; }

    /// <summary>The newest durable snapshot: for a follower whose entries are forgotten.</summary>
    public SnapshotMetadata? Snapshot { get; private set; }

    public Membership Membership => _memberships.Current;

    public LogIndex MembershipIndex => _memberships.CurrentSince;

    public Membership MembershipAt(LogIndex index) => _memberships.At(index);

    /// <summary>By the newest membership that names it, back to the committed one.</summary>
    public Member? FindMember(NodeId id) => _memberships.Find(id, Commit);

    public IReadOnlyList<Member> Voters() => _memberships.Voters(Commit);

    /// <summary>Whether it votes in any membership from the committed one on.</summary>
    public bool HasVoter(NodeId id) => _memberships.HasVoter(id, Commit);

    /// <summary>
    /// False when the entry is forgotten or does not exist: "unknown" must never look like a term (bug B-19).
    /// </summary>
    public bool TryTermAt(LogIndex index, out Term term)
    {
        if (index < _compacted || index > LastIndex)
        {
            term = default;
            return false;
        }

        term = index == _compacted ? _compactedTerm : _entries[Position(index)].Term;
        return true;
    }

    public bool Contains(LogIndex index, Term term) => TryTermAt(index, out var actual) && actual == term;

    /// <summary>
    /// Is a log with this end at least as up to date as ours? First the term, then the length (bug B-07; thesis,
    /// 3.6.1).
    /// </summary>
    public bool IsUpToDate(LogIndex lastIndex, Term lastTerm) =>
        lastTerm > LastTerm || (lastTerm == LastTerm && lastIndex >= LastIndex);

    /// <summary>
    /// The largest index up to <paramref name="limit"/> whose term is at most <paramref name="term"/>: where two logs
    /// that differ at the limit may agree again. Terms never fall along a log, so it can be searched by halves.
    /// </summary>
    public LogIndex LastIndexOfTermAtMost(LogIndex limit, Term term)
    {
        if (limit <= _compacted)
        {
            return limit;
        }

        var low = 0L;
        var high = Math.Min(limit.Value, LastIndex.Value) - _compacted.Value;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_entries[(int)middle - 1].Term <= term)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return _compacted + low;
    }

    public void Append(in LogEntry entry)
    {
        Invariant.Require(entry.Index == LastIndex.Next());
        Invariant.Require(entry.Term >= LastTerm);
        _entries.Add(entry);
        if (entry.Kind == EntryKind.Membership)
        {
            Invariant.Require(MembershipCodec.TryDecode(entry.Payload.Span, out var membership));
            _memberships.Append(entry.Index, membership);
        }
    }

    public void TruncateFrom(LogIndex index)
    {
        Invariant.Require(index > Commit);
        Invariant.Require(index <= LastIndex);
        _entries.DropTail((int)(LastIndex - index) + 1);
        _memberships.TruncateFrom(index);
    }

    public void CommitTo(LogIndex index)
    {
        Invariant.Require(index >= Commit);
        Invariant.Require(index <= LastIndex);
        Commit = index;
    }

    /// <summary>A copy of the entries from one index through another, as many as fit; the first always does.</summary>
    public LogEntry[] Slice(LogIndex from, LogIndex through, long bytesMax)
    {
        if (from > through)
        {
            return [];
        }

        Invariant.Require(from > _compacted && through <= LastIndex);
        var start = Position(from);
        var end = Position(through);
        var bytes = 0L;
        var count = 0;
        while (start + count <= end)
        {
            bytes += _entries[start + count].Size;
            if (count > 0 && bytes > bytesMax)
            {
                break;
            }

            count++;
        }

        return _entries.Copy(start, count);
    }

    /// <summary>The size of the entries after one index through another.</summary>
    public long BytesBetween(LogIndex after, LogIndex through)
    {
        var bytes = 0L;
        for (var index = after.Next(); index <= through; index = index.Next())
        {
            bytes += _entries[Position(index)].Size;
        }

        return bytes;
    }

    /// <summary>The first of the last entries through <paramref name="through"/> that together fit into the limits.</summary>
    public LogIndex TailFrom(LogIndex through, long countMax, long bytesMax)
    {
        Invariant.Require(through <= LastIndex);
        var index = through.Next();
        var bytes = 0L;
        while (index > FirstIndex && through - index.Previous() < countMax)
        {
            bytes += _entries[(int)(index.Previous() - FirstIndex)].Size;
            if (bytes > bytesMax)
            {
                break;
            }

            index = index.Previous();
        }

        return index;
    }

    /// <summary>Forgets the entries before <paramref name="keepFrom"/>, now that a snapshot covers them.</summary>
    public void Compact(SnapshotMetadata snapshot, LogIndex keepFrom)
    {
        if (Snapshot is not null && snapshot.Index < Snapshot.Index)
        {
            return;
        }

        Invariant.Require(snapshot.Index <= Commit && keepFrom <= snapshot.Index.Next());
        Invariant.Require(Contains(snapshot.Index, snapshot.Term));
        Invariant.Require(MembershipAt(snapshot.Index).Equals(snapshot.Membership));
        Snapshot = snapshot;
        _memberships.ForgetBefore(snapshot.Index);
        if (keepFrom > FirstIndex)
        {
            Invariant.Require(TryTermAt(keepFrom.Previous(), out var term));
            _entries.DropHead((int)(keepFrom - FirstIndex));
            (_compacted, _compactedTerm) = (keepFrom.Previous(), term);
        }
    }

    /// <summary>Replaces the whole log by a snapshot.</summary>
    public void Restore(SnapshotMetadata snapshot)
    {
        Invariant.Require(snapshot.Index >= Commit);
        _entries.DropTail(_entries.Count);
        (_compacted, _compactedTerm) = (snapshot.Index, snapshot.Term);
        _memberships.Reset(snapshot.Index, snapshot.Membership);
        Snapshot = snapshot;
        Commit = snapshot.Index;
    }

    /// <summary>Rebuilds the log from the disk. False: the snapshot makes the recovered entries void.</summary>
    /// <remarks>
    /// A crash between storing a received snapshot and replacing the log leaves a log that ends before the snapshot or
    /// contradicts it. A snapshot holds only committed entries, therefore it is right and the log is not.
    /// </remarks>
    public bool Recover(RecoveredState state)
    {
        var entries = state.Entries;
        if (state.Snapshot is not { } snapshot)
        {
            Load(entries, LogIndex.Zero, default, from: 0);
        }
        else if (entries.Count == 0 || entries[0].Index == snapshot.Index.Next())
        {
            Restore(snapshot);
            Load(entries, snapshot.Index, snapshot.Term, from: 0);
        }
        else if (Covers(entries, snapshot))
        {
            Restore(snapshot);
            LoadAround(entries);
        }
        else
        {
            Restore(snapshot);
            return false;
        }

        // A commit index is written only when the entries under it are durable: fewer entries now are lost entries.
        Invariant.Require(state.HardState.Commit <= LastIndex);
        Commit = new LogIndex(Math.Max(Commit.Value, state.HardState.Commit.Value));
        return true;
    }

    private static bool Covers(IReadOnlyList<LogEntry> entries, SnapshotMetadata snapshot)
    {
        var position = snapshot.Index - entries[0].Index;
        Invariant.Require(position >= 0);
        return position < entries.Count && entries[(int)position].Term == snapshot.Term;
    }

    // The log begins before the snapshot: keep that part, slow followers may need it. The entries before the first one
    // are not known, so unless that is the very beginning, the first entry itself serves as the last forgotten one.
    private void LoadAround(IReadOnlyList<LogEntry> entries)
    {
        if (entries[0].Index == LogIndex.Zero.Next())
        {
            Load(entries, LogIndex.Zero, default, from: 0);
        }
        else
        {
            Load(entries, entries[0].Index, entries[0].Term, from: 1);
        }
    }

    private void Load(IReadOnlyList<LogEntry> entries, LogIndex compacted, Term compactedTerm, int from)
    {
        (_compacted, _compactedTerm) = (compacted, compactedTerm);
        var snapshot = Snapshot?.Index ?? LogIndex.Zero;
        for (var i = from; i < entries.Count; i++)
        {
            var entry = entries[i];
            Invariant.Require(entry.Index == LastIndex.Next());
            Invariant.Require(entry.Term >= LastTerm);
            _entries.Add(entry);
            if (entry.Kind == EntryKind.Membership && entry.Index > snapshot)
            {
                Invariant.Require(MembershipCodec.TryDecode(entry.Payload.Span, out var membership));
                _memberships.Append(entry.Index, membership);
            }
        }
    }

    private int Position(LogIndex index) => (int)(index - _compacted) - 1;
}
