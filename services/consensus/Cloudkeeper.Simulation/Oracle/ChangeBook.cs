using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Simulation.Oracle;

/// <summary>Every committed transaction, in order: the events of a watcher of everything.</summary>
internal sealed class ChangeBook : ICommittedCheck
{
    private readonly List<ChangeSet> _sets = [];

    public int Count => _sets.Count;

    public ChangeSet this[int index] => _sets[index];

    public void Check(CommittedEntry entry) => _sets.AddRange(entry.Changes);

    /// <summary>Of the first transaction above a revision.</summary>
    public int IndexAbove(Revision revision)
    {
        var low = 0;
        var high = _sets.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _sets[middle].Revision > revision ? (low, middle) : (middle + 1, high);
        }

        return low;
    }
}
