using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Simulation.Oracle;
using Cloudkeeper.Simulation.Runs;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Invariants.Bounds;

/// <summary>
/// Z1: one revision has a size. A client's request deletes and creates no more nodes than it may, and no session gets
/// more nodes than may go with it.
/// </summary>
internal sealed class WithinBounds(StateMachineOptions bounds, Totals totals, Func<StateMachine> reference) : ICommittedCheck
{
    public void Check(CommittedEntry entry)
    {
        if (entry.Batch is not { } batch || reference().FeatureLevel < FeatureLevels.Bounds)
        {
            return;
        }

        // A command that changes nothing has the revision of the one before it: the first one made it.
        var made = new HashSet<Revision>();
        for (var i = 0; i < entry.Results.Count; i++)
        {
            var result = entry.Results[i];
            totals.Count(Marker.TooMuchRefused, IsTooMuch(result) ? 1 : 0);
            if (made.Add(result.Revision) && entry.IsExecutedHere(result) && OperationsOf(batch.Requests[i].Command) is { } operations
                && entry.Changes.FirstOrDefault(set => set.Revision == result.Revision) is { } set)
            {
                var deleted = set.Changes.Where(static c => c.Type == ChangeType.Deleted).ToList();
                Require("deleted", deleted.Count, bounds.DeletedNodesMax, set);
                Require("deleted, by characters of their paths,", deleted.Sum(static c => c.Path.Length), bounds.DeletedPathCharsMax, set);
                var created = set.Changes.Count(static c => c.Type == ChangeType.Created);
                Require("created as parents", created - operations, bounds.CreatedParentsMax, set);
            }
        }

        foreach (var set in entry.Changes)
        {
            foreach (var change in set.Changes)
            {
                if (change is { Type: ChangeType.Created, Stat.EphemeralOwner: { } owner })
                {
                    Require("of one session", reference().CountEphemerals(owner) ?? 0, bounds.EphemeralsMax, set);
                }
            }
        }
    }

    private static int? OperationsOf(Command command) => command switch
    {
        MutationCommand => 1,
        TransactionCommand transaction => Math.Max(transaction.Then.Count, transaction.Else.Count),
        _ => null,
    };

    private static bool IsTooMuch(CommandResult result) =>
        result.Code is ResultCode.TooManyNodes or ResultCode.TooManyEphemerals
        || result.Body is TransactionResult { OperationCode: ResultCode.TooManyNodes };

    private static void Require(string what, long count, long max, ChangeSet set)
    {
        if (count > max)
        {
            throw new ViolationException("Z1 bounds", $"revision {set.Revision}: {count} nodes {what}, {max} at most");
        }
    }
}
