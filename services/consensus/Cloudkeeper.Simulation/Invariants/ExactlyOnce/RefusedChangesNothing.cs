using Cloudkeeper.Simulation.Oracle;

namespace Cloudkeeper.Simulation.Invariants.ExactlyOnce;

/// <summary>
/// E4, checked another way: every change belongs to a command that has succeeded. A refused one leaves nothing behind,
/// not even a part of it (bug B-51).
/// </summary>
internal sealed class RefusedChangesNothing : ICommittedCheck
{
    public void Check(CommittedEntry entry)
    {
        foreach (var set in entry.Changes)
        {
            if (!entry.Results.Any(result => entry.IsExecutedHere(result) && result.Revision == set.Revision))
            {
                throw new ViolationException(
                    "E4 refused changes nothing",
                    $"revision {set.Revision} changes {set.Changes.Count} nodes, and no command of entry {entry.Index} "
                    + "succeeded with it");
            }
        }
    }
}
