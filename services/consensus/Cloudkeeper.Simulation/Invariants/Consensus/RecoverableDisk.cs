using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Oracle;

namespace Cloudkeeper.Simulation.Invariants.Consensus;

/// <summary>
/// I13: after any crash, recovery finds all that was synced, followed by any first part of what was not, and
/// nothing else.
/// </summary>
internal sealed class RecoverableDisk(EntryRegistry registry, Ledger ledger)
{
    /// <summary>Finds out how many unsynced writes the recovered state contains, and applies them to the log.</summary>
    /// <param name="durable">The synced writes; afterwards those that are there.</param>
    public int Match(NodeId node, ShadowLog durable, IEnumerable<ShadowWrite> unsynced, RecoveredState recovered)
    {
        var synced = Describe(durable);
        return TryMatch(node, durable, unsynced, recovered, isRotten: false) ?? throw Lost(
            node, recovered, LastOf(node, recovered), $"{synced} and with all that was not {Describe(durable)}");
    }

    /// <summary>The same of a disk that may have rotted: its newest snapshot may be gone, and an older one stand in.</summary>
    /// <returns>Null: something is missing.</returns>
    public int? TryMatch(
        NodeId node, ShadowLog durable, IEnumerable<ShadowWrite> unsynced, RecoveredState recovered, bool isRotten)
    {
        var last = LastOf(node, recovered);
        var kept = 0;
        using var more = unsynced.GetEnumerator();
        while (!IsSame(durable, recovered, last, isRotten))
        {
            if (!more.MoveNext())
            {
                return null;
            }

            durable.Apply(more.Current);
            kept++;
        }

        Adopt(durable, recovered, last);
        return kept;
    }

    private void Adopt(ShadowLog durable, RecoveredState recovered, (LogIndex Index, ShadowEntry Entry) last)
    {
        if (IsLast(durable, last))
        {
            durable.HardState = recovered.HardState;
        }
        else
        {
            durable.Reset(last.Index, last.Entry, ledger.MembershipAt(last.Index), recovered.HardState);
        }
    }

    private static ViolationException Lost(
        NodeId node, RecoveredState recovered, (LogIndex Index, ShadowEntry Entry) last, string synced) => new(
            "I13 recoverable disk",
            $"node {node} recovers {recovered.HardState}, snapshot {recovered.Snapshot?.Index}, last {last.Index} of "
            + $"term {last.Entry.Term}; synced was {synced}");

    private (LogIndex Index, ShadowEntry Entry) LastOf(NodeId node, RecoveredState recovered)
    {
        var index = recovered.Snapshot?.Index ?? LogIndex.Zero;
        if (index > ledger.Last)
        {
            throw new ViolationException(
                "I13 recoverable disk",
                $"node {node} recovers a snapshot of entry {index}; committed is {ledger.Last}");
        }

        var entry = index == LogIndex.Zero ? default : ledger[index];
        foreach (var found in recovered.Entries)
        {
            if (!registry.TryFind(found, out var known))
            {
                throw new ViolationException(
                    "I13 recoverable disk",
                    $"node {node} recovers an entry {found.Index} of term {found.Term} that was never written");
            }

            if (found.Index >= index)
            {
                (index, entry) = (found.Index, known);
            }
        }

        return (index, entry);
    }

    /// <remarks>
    /// A snapshot may have been stored just before the crash: it is committed, and a log that ends before it or
    /// contradicts it is void.
    /// </remarks>
    private static bool IsSame(
        ShadowLog log, RecoveredState recovered, (LogIndex Index, ShadowEntry Entry) last, bool isRotten)
    {
        var state = log.HardState;
        if (isRotten && recovered.HardState.Commit < state.Commit)
        {
            // The proof by an intact snapshot is not known any more.
            state = state with { Commit = recovered.HardState.Commit };
        }

        if (recovered.Snapshot is not { } snapshot)
        {
            return state == recovered.HardState && IsLast(log, last);
        }

        if (state.Commit < snapshot.Index)
        {
            state = state with { Commit = snapshot.Index };
        }

        if (log.Has(snapshot.Index) && log[snapshot.Index].Term == snapshot.Term)
        {
            return state == recovered.HardState && IsLast(log, last);
        }

        var expected = state.Term < snapshot.Term ? new HardState(snapshot.Term, Vote: null, snapshot.Index) : state;
        return log.HardState.Commit < snapshot.Index && last.Index == snapshot.Index && recovered.HardState == expected;
    }

    private static bool IsLast(ShadowLog log, (LogIndex Index, ShadowEntry Entry) last) =>
        log.LastIndex == last.Index && log.Last.Chain == last.Entry.Chain;

    private static string Describe(ShadowLog log) => $"({log.HardState}, last {log.LastIndex} of term {log.Last.Term})";
}
