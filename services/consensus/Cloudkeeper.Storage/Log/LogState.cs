using Cloudkeeper.Raft;

namespace Cloudkeeper.Storage;

/// <summary>The state of the log after a record, as far as the next record must fit to it.</summary>
/// <remarks>
/// The same rules judge a write before it goes to the disk, where a violation is a bug, and a record that comes back,
/// where it is damage that no checksum shows.
/// </remarks>
internal readonly record struct LogState(HardState HardState, LogIndex LastIndex)
{
    /// <summary>Applies one write; returns its fault, or null.</summary>
    public string? Advance(
        HardState? hardState,
        (LogIndex Index, Term Term)? snapshot,
        IReadOnlyList<LogEntry> entries,
        out LogState next)
    {
        next = this;
        var state = hardState ?? HardState;
        var problem = ProblemOf(state);
        var last = LastIndex;
        var floor = HardState.Commit;
        if (snapshot is { } restart)
        {
            problem ??= restart.Index < floor ? $"snapshot {restart.Index} lies before commit {floor}" : null;
            problem ??= restart.Term > state.Term ? $"snapshot of term {restart.Term} in term {state.Term}" : null;
            last = floor = restart.Index;

            // A snapshot is committed by its nature, whether or not the hard state has that already.
            state = state with { Commit = state.Commit > floor ? state.Commit : floor };
        }

        if (entries.Count > 0)
        {
            problem ??= ProblemOf(entries, last, floor, state.Term);
            last = entries[^1].Index;
        }

        problem ??= state.Commit > last ? $"commit {state.Commit} lies behind the last entry {last}" : null;
        next = new LogState(state, last);
        return problem;
    }

    private string? ProblemOf(HardState state)
    {
        if (state.Term < HardState.Term || state.Commit < HardState.Commit)
        {
            return $"hard state goes back from {HardState} to {state}";
        }

        return state.Term == HardState.Term && HardState.Vote is not null && state.Vote != HardState.Vote
            ? $"vote changes within term {state.Term}"
            : null;
    }

    private static string? ProblemOf(IReadOnlyList<LogEntry> entries, LogIndex last, LogIndex floor, Term term)
    {
        var first = entries[0].Index;
        if (first > last.Next())
        {
            return $"entry {first} leaves a gap behind {last}";
        }

        if (first <= floor)
        {
            return $"entry {first} would replace a committed one (commit {floor})";
        }

        for (var i = 1; i < entries.Count; i++)
        {
            if (entries[i].Index != first + i || entries[i].Term < entries[i - 1].Term)
            {
                return $"entry {entries[i].Index} of term {entries[i].Term} is out of order";
            }
        }

        return entries[^1].Term > term ? $"entry of term {entries[^1].Term} in term {term}" : null;
    }
}
