namespace Cloudkeeper.Raft.Log;

/// <summary>
/// The writes that the storage has, those that are durable, and the messages that wait for them (rule R2). A write is
/// known by its sequence alone: an index is not enough, the entry under it may be another one meanwhile (bug B-27).
/// </summary>
internal sealed class WriteQueue
{
    private readonly RaftLog _log;
    private readonly List<PendingWrite> _pending = [];

    // The write that is not handed out yet: it collects the changes since the last one.
    private PendingWrite _open = new(1);
    private LogIndex _unwritten;
    private SnapshotMetadata? _snapshot;

    // A snapshot is committed by its nature: no write that stands behind it may have less, durable or not.
    private LogIndex _replacedThrough;
    private HardState _written;
    private long _hardStateSequence;
    private long _done;

    public WriteQueue(RaftLog log, HardState recovered)
    {
        _log = log;
        _written = recovered;
        _unwritten = log.LastIndex.Next();
        Stable = log.LastIndex;
    }

    /// <summary>The entries up to here are durable as they stand in the log now.</summary>
    public LogIndex Stable { get; private set; }

    /// <summary>Term and vote as they are now are durable.</summary>
    public bool IsHardStateDurable => _hardStateSequence <= _done;

    public void HardStateChanged() => _hardStateSequence = _open.Sequence;

    /// <summary>From here on the log will hold other entries: completions under way do not count for those.</summary>
    public void TruncatedFrom(LogIndex index)
    {
        ClipTo(index.Previous());
        _unwritten = Smaller(_unwritten, index);
    }

    /// <summary>
    /// The log was replaced. Entries that were committed before are durable all the while, in the old log or in the
    /// snapshot.
    /// </summary>
    public void Replaced(SnapshotMetadata snapshot, LogIndex committedBefore)
    {
        ClipTo(committedBefore);
        _snapshot = snapshot;
        _replacedThrough = snapshot.Index;
        _unwritten = snapshot.Index.Next();
    }

    /// <summary>The next write; null when there is nothing to be made durable.</summary>
    /// <remarks>A new commit index alone is not worth a write: it travels with the next one.</remarks>
    public RaftWrite? Take(Term term, NodeId? vote)
    {
        var hasEntries = _unwritten <= _log.LastIndex;
        if (term == _written.Term && vote == _written.Vote && !hasEntries && _snapshot is null)
        {
            Invariant.Require(_open.Held is null);
            return null;
        }

        var commit = Smaller(_log.Commit, Stable);
        var hardState = new HardState(term, vote, commit > _replacedThrough ? commit : _replacedThrough);
        var write = new RaftWrite(
            _open.Sequence,
            hardState == _written ? null : hardState,
            _snapshot,
            _log.Slice(_unwritten, _log.LastIndex, long.MaxValue));
        _open.Through = _log.LastIndex;
        _pending.Add(_open);
        _open = new PendingWrite(_open.Sequence + 1);
        _written = hardState;
        _snapshot = null;
        _unwritten = _log.LastIndex.Next();
        return write;
    }

    /// <summary>
    /// Keeps a message until term, vote and the log through <paramref name="through"/> are durable; false: they are.
    /// </summary>
    public bool TryHold(RaftMessage message, LogIndex through)
    {
        var required = Math.Max(_hardStateSequence, SequenceCovering(through));
        if (required <= _done)
        {
            return false;
        }

        var write = required == _open.Sequence ? _open : _pending[(int)(required - _pending[0].Sequence)];
        write.Hold(message);
        return true;
    }

    /// <summary>The write and all before it are durable; collects the messages that waited for them.</summary>
    public void Done(long sequence, List<RaftMessage> released)
    {
        Invariant.Require(sequence < _open.Sequence);
        var count = 0;
        while (count < _pending.Count && _pending[count].Sequence <= sequence)
        {
            var write = _pending[count++];
            Invariant.Require(write.Sequence == _done + 1);
            _done = write.Sequence;
            Stable = write.Through > Stable ? write.Through : Stable;
            if (write.Held is not null)
            {
                released.AddRange(write.Held);
            }
        }

        _pending.RemoveRange(0, count);
    }

    private static LogIndex Smaller(LogIndex left, LogIndex right) => left < right ? left : right;

    private long SequenceCovering(LogIndex through)
    {
        Invariant.Require(through <= _log.LastIndex);
        if (through <= Stable)
        {
            return 0;
        }

        foreach (var write in _pending)
        {
            if (write.Through >= through)
            {
                return write.Sequence;
            }
        }

        return _open.Sequence;
    }

    private void ClipTo(LogIndex index)
    {
        Stable = Smaller(Stable, index);
        foreach (var write in _pending)
        {
            write.Through = Smaller(write.Through, index);
        }
    }

    private sealed class PendingWrite(long sequence)
    {
        public long Sequence { get; } = sequence;

        /// <summary>
        /// The last index of the log as it stands now that the completion of this write proves durable.
        /// </summary>
        public LogIndex Through { get; set; }

        public List<RaftMessage>? Held { get; private set; }

        // One acknowledgement covers all before it: of a pipelined row of appends only the last is answered.
        public void Hold(RaftMessage message)
        {
            Held ??= [];
            if (message is AppendReply { RejectedIndex: null } newer
                && Held.Count > 0
                && Held[^1] is AppendReply { RejectedIndex: null } older
                && older.To == newer.To && older.Term == newer.Term && older.MatchIndex <= newer.MatchIndex)
            {
                Held[^1] = newer;
                return;
            }

            Held.Add(message);
        }
    }
}
