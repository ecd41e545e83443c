using Cloudkeeper.Raft;

namespace Cloudkeeper.Storage.Tests;

/// <summary>The dumb twin of the log: a list that remembers everything and is never compacted.</summary>
internal sealed record LogModel(HardState HardState, long Base, IReadOnlyList<LogEntry> Entries)
{
    public static readonly LogModel Empty = new(default, 0, []);

    public long LastIndex => Base + Entries.Count;

    public LogModel After(RaftWrite write)
    {
        var state = write.HardState ?? HardState;
        var (start, entries) = (Base, Entries);
        if (write.Snapshot is { } snapshot)
        {
            (start, entries) = (snapshot.Index.Value, []);
            state = state with { Commit = new LogIndex(Math.Max(state.Commit.Value, start)) };
        }

        if (write.Entries.Count > 0)
        {
            entries = [.. entries.Take((int)(write.Entries[0].Index.Value - 1 - start)), .. write.Entries];
        }

        return new LogModel(state, start, entries);
    }

    /// <summary>What recovery must make of this log when it finds that snapshot beside it.</summary>
    public LogModel JoinedWith(SnapshotMetadata? snapshot)
    {
        if (snapshot is null)
        {
            return this;
        }

        var position = (int)(snapshot.Index.Value - Base - 1);
        var isVoid = snapshot.Index.Value > LastIndex
            || (position >= 0 && Entries[position].Term != snapshot.Term);
        var state = snapshot.Term > HardState.Term
            ? new HardState(snapshot.Term, null, snapshot.Index)
            : HardState with { Commit = snapshot.Index };
        var commit = Math.Max(HardState.Commit.Value, snapshot.Index.Value);
        return isVoid
            ? new LogModel(state, snapshot.Index.Value, [])
            : this with { HardState = HardState with { Commit = new LogIndex(commit) } };
    }

    /// <summary>
    /// The same log, except that <paramref name="recovered"/> may have forgotten what the snapshot covers.
    /// </summary>
    public bool Matches(RecoveredState recovered)
    {
        var first = recovered.Entries is [var entry, ..] ? entry.Index.Value : LastIndex + 1;
        return recovered.HardState == HardState
            && first <= (recovered.Snapshot?.Index.Value ?? 0) + 1
            && first + recovered.Entries.Count - 1 == LastIndex
            && Entries.Skip((int)Math.Max(0, first - Base - 1)).Select(Make.Describe)
                .SequenceEqual(recovered.Entries.Skip((int)Math.Max(0, Base + 1 - first)).Select(Make.Describe));
    }
}
