using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Simulation.Oracle;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Invariants.Locks;

/// <summary>L4: a guarded command succeeds only while each of its tickets is held.</summary>
internal sealed class FencedWrites(LockBook locks, Totals totals) : ICommittedCheck
{
    public void Check(CommittedEntry entry)
    {
        for (var i = 0; i < entry.Results.Count; i++)
        {
            var fences = entry.Batch!.Requests[i].Fences;
            if (fences.Count == 0)
            {
                continue;
            }

            if (entry.Results[i].Code == ResultCode.FenceLost)
            {
                totals.Count(Marker.FencedWritesRefused);
            }
            else if (entry.IsExecutedHere(entry.Results[i]))
            {
                totals.Count(Marker.FencedWrites);
                Require(fences, entry.Results[i].Revision);
            }
        }
    }

    private void Require(IReadOnlyList<Ticket> fences, Revision revision)
    {
        var before = new Revision(revision.Value - 1);
        foreach (var fence in fences)
        {
            if (locks.Find(fence)?.IsHeldAt(before) != true)
            {
                throw new ViolationException(
                    "L4 fenced writes",
                    $"a command guarded by {fence} is executed at {revision}, which it does not hold then");
            }
        }
    }
}
