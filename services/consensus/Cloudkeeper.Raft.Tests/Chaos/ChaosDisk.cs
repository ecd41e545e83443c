namespace Cloudkeeper.Raft.Tests.Chaos;

/// <summary>What survives a crash of one member, and the writes that do not unless they were completed.</summary>
internal sealed class ChaosDisk
{
    private readonly List<LogEntry> _entries = [];
    private readonly Queue<RaftWrite> _pending = new();

    public HardState HardState { get; private set; }

    public SnapshotMetadata? Snapshot { get; private set; }

    public int PendingCount => _pending.Count;

    public LogIndex LastIndex => _entries.Count > 0 ? _entries[^1].Index : Snapshot?.Index ?? LogIndex.Zero;

    public void Load(RecoveredState state)
    {
        HardState = state.HardState;
        _entries.AddRange(state.Entries);
    }

    public RecoveredState Recover() => new(HardState, Snapshot, [.. _entries]);

    public bool Has(LogIndex index, Term term) =>
        Snapshot?.Index >= index || _entries.Exists(e => e.Index == index && e.Term == term);

    public void Submit(RaftWrite write) => _pending.Enqueue(write);

    /// <summary>Completes the oldest writes; the sequence of the last one.</summary>
    public long Complete(int count)
    {
        var sequence = 0L;
        while (count-- > 0)
        {
            var write = _pending.Dequeue();
            Perform(write, write.Entries.Count);
            sequence = write.Sequence;
        }

        return sequence;
    }

    /// <summary>Of the pending writes some survive, the last of those perhaps in part.</summary>
    public void Crash(Random random)
    {
        var whole = random.Next(_pending.Count + 1);
        Complete(whole);
        if (_pending.TryDequeue(out var torn) && random.Next(2) == 0)
        {
            Perform(torn, random.Next(torn.Entries.Count + 1));
        }

        _pending.Clear();
    }

    /// <summary>A received snapshot is stored before Raft gets to know of it.</summary>
    public void Store(SnapshotMetadata snapshot)
    {
        if (Snapshot is null || snapshot.Index > Snapshot.Index)
        {
            Snapshot = snapshot;
        }
    }

    public void DropBefore(LogIndex keepFrom) => _entries.RemoveAll(e => e.Index < keepFrom);

    private void Perform(RaftWrite write, int entries)
    {
        HardState = write.HardState ?? HardState;
        if (write.Snapshot is not null)
        {
            Assert.True(Snapshot!.Index >= write.Snapshot.Index, "the snapshot of a write is stored before");
            _entries.Clear();
        }

        for (var i = 0; i < entries; i++)
        {
            var entry = write.Entries[i];
            if (i == 0)
            {
                _entries.RemoveAll(e => e.Index >= entry.Index);
            }

            Assert.True(_entries.Count == 0 || _entries[^1].Index.Next() == entry.Index, "the log on disk has a gap");
            _entries.Add(entry);
        }
    }
}
