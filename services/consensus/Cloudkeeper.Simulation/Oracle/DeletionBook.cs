using Cloudkeeper.Protocol;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Oracle;

/// <summary>Since when a deletion is remembered for good, if not by itself then by the floor of those that were forgotten.</summary>
/// <param name="reference">The state behind the last committed entry.</param>
internal sealed class DeletionBook(Func<StateMachine> reference) : ICommittedCheck
{
    /// <summary>Deletions above this revision; null: none yet.</summary>
    public Revision? Since { get; private set; }

    public void Check(CommittedEntry entry)
    {
        if (Since is null && entry.Batch is not null && reference().FeatureLevel >= FeatureLevels.DeletionFloor)
        {
            Since = reference().Revision;
        }
    }
}
