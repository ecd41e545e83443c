namespace Cloudkeeper.Cluster.Tests.Histories;

/// <summary>
/// Decides in O(n log n) whether a history is strictly serializable in the order of its revisions. It takes that order
/// from the server but proves it: against real time (an operation that began after another had returned is not ordered
/// before it) and against values (replaying the changes, each result is the one that its revision implies).
/// A search for some other order (Wing, Gong, Lowe) is exponential and only answers for small histories.
/// </summary>
public static class RevisionOrderChecker
{
    /// <summary>The first violation in words; null if there is none.</summary>
    /// <param name="operations">Of all clients, in any order. Each client has one under way at a time.</param>
    /// <param name="changes">Every committed change of the paths used, in the order of the watch's events.</param>
    public static string? FindViolation(IReadOnlyList<Operation> operations, IReadOnlyList<Change> changes)
    {
        var disorder = changes.Zip(changes.Skip(1)).FirstOrDefault(pair => pair.First.Revision >= pair.Second.Revision);
        if (disorder != default)
        {
            return $"the watch is out of order: {disorder.First}, then {disorder.Second}";
        }

        return Resolve(operations, changes, out var resolved)
            ?? FindUnmatchedWrite(resolved, changes)
            ?? FindTimeViolation(resolved)
            ?? FindValueViolation(resolved, changes);
    }

    /// <summary>
    /// Unknown reads prove nothing and are dropped. An unknown write was applied if and only if a change that no client
    /// claims carries its value, or deletes its path; its return stays open.
    /// </summary>
    private static string? Resolve(
        IReadOnlyList<Operation> operations, IReadOnlyList<Change> changes, out List<Operation> resolved)
    {
        resolved = [.. operations.Where(o => o.Outcome != Outcome.Unknown)];
        var claimed = resolved.Where(o => o.IsWrite).Select(o => o.Revision).ToHashSet();
        var open = operations.Where(o => o is { Outcome: Outcome.Unknown, IsRead: false })
            .OrderBy(o => o.Invoke)
            .GroupBy(o => (o.Path, o.Value))
            .ToDictionary(g => g.Key, g => new Queue<Operation>(g));
        foreach (var change in changes.Where(c => !claimed.Contains(c.Revision)))
        {
            if (!open.TryGetValue((change.Path, change.Value), out var candidates) || !candidates.TryDequeue(out var write))
            {
                return $"without a write: {change}";
            }

            resolved.Add(write with { Outcome = Outcome.Ok, Revision = change.Revision, Return = long.MaxValue });
        }

        return null;
    }

    /// <summary>Each successful write is one change, each change one write: nothing lost, nothing applied twice.</summary>
    private static string? FindUnmatchedWrite(List<Operation> operations, IReadOnlyList<Change> changes)
    {
        var byRevision = changes.ToDictionary(c => c.Revision);
        var writes = operations.Where(o => o.IsWrite).ToList();
        foreach (var write in writes)
        {
            var value = write.Kind == OperationKind.Delete ? null : write.Value;
            if (!byRevision.TryGetValue(write.Revision, out var change) || change.Path != write.Path || change.Value != value)
            {
                return $"lost: {write}, but the change at that revision is {change}";
            }
        }

        var twice = writes.GroupBy(w => w.Revision).FirstOrDefault(g => g.Count() > 1);
        return twice is null ? null : $"one revision for two writes: {string.Join(" and ", twice)}";
    }

    /// <summary>
    /// The floor of an operation is the highest revision that any client knew before it began. A read must be at or
    /// above it, a write strictly above. It implies that no client goes back in its own order.
    /// </summary>
    private static string? FindTimeViolation(List<Operation> operations)
    {
        var returned = operations.Where(o => o.Return != long.MaxValue && o.Kind != OperationKind.StaleRead)
            .OrderBy(o => o.Return).ToArray();
        long floor = 0;
        var next = 0;
        foreach (var operation in operations.Where(o => o.Kind != OperationKind.StaleRead).OrderBy(o => o.Invoke))
        {
            while (next < returned.Length && returned[next].Return < operation.Invoke)
            {
                floor = Math.Max(floor, returned[next++].Revision);
            }

            if (operation.IsWrite ? operation.Revision <= floor : operation.Revision < floor)
            {
                return $"real time: {operation} began when revision {floor} was known";
            }
        }

        return null;
    }

    /// <summary>Replays the changes and compares every result with the state before and at its revision.</summary>
    private static string? FindValueViolation(List<Operation> operations, IReadOnlyList<Change> changes)
    {
        var state = new Dictionary<string, Change>(StringComparer.Ordinal);
        var next = 0;

        // At one revision the write comes first: reads judged there see it.
        foreach (var operation in operations.OrderBy(o => o.Revision).ThenBy(o => o.IsWrite ? 0 : 1))
        {
            var visible = operation.IsWrite ? operation.Revision - 1 : operation.Revision;
            while (next < changes.Count && changes[next].Revision <= visible)
            {
                state[changes[next].Path] = changes[next];
                next++;
            }

            var node = state.GetValueOrDefault(operation.Path);
            if (!IsImplied(operation, node is { Value: null } ? null : node))
            {
                return $"value: {operation}, but there was {node?.ToString() ?? "nothing"}";
            }
        }

        return null;
    }

    private static bool IsImplied(Operation operation, Change? node)
    {
        var holds = operation.Kind switch
        {
            OperationKind.Create => node is null,
            OperationKind.Replace => node?.Revision == operation.ExpectedRevision,
            OperationKind.Delete => node is not null,
            OperationKind.Put => true,
            _ => node?.Value == operation.Value,
        };
        return holds == (operation.Outcome == Outcome.Ok);
    }
}
