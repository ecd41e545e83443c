using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Oracle;

namespace Cloudkeeper.Simulation.Invariants.Consensus;

/// <summary>
/// I13: whatever a crash leaves, recovery finds all that was synced, followed by any first part of what was not, and
/// nothing else.
/// </summary>
internal sealed class RecoverableDisk(EntryRegistry registry, Ledger ledger)
{
    /// <summary>Finds out how many unsynced writes the recovered state contains, and applies them to the log.</summary>
    /// <param name="durable">What was synced; afterwards what is there.</param>
    public int Match(
        NodeId node, ShadowLog durable, IReadOnlyCollection<ShadowWrite> unsynced, RecoveredState recovered)
    {
        var last = LastOf(node, recovered);
        var synced = Describe(durable);
        var kept = 0;
        using var more = unsynced.GetEnumerator();
        while (!IsSame(durable, recovered, last))
        {
            if (!more.MoveNext())
            {
                throw Lost(node, recovered, last, $"{synced} and with {kept} more writes {Describe(durable)}");
            }

            durable.Apply(more.Current);
            kept++;
        }

        if (IsLast(durable, last))
        {
            durable.HardState = recovered.HardState;
        }
        else
        {
            durable.Reset(last.Index, last.Entry, recovered.HardState);
        }

        return kept;
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
                    $"node {node} recovers an entry {found.Index} of term {found.Term} that nobody has written");
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
    private static bool IsSame(ShadowLog log, RecoveredState recovered, (LogIndex Index, ShadowEntry Entry) last)
    {
        var state = log.HardState;
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
