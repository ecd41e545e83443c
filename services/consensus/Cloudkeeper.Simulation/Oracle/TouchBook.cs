using Cloudkeeper.Protocol;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Oracle;

/// <summary>Since when change sets name every parent that is touched: what went unsaid before may still be unknown.</summary>
/// <param name="reference">The state behind the last committed entry.</param>
internal sealed class TouchBook(Func<StateMachine> reference) : ICommittedCheck
{
    /// <summary>What touches a parent above this revision is named; null: nothing yet.</summary>
    public Revision? Since { get; private set; }

    public void Check(CommittedEntry entry)
    {
        if (Since is null && entry.Batch is not null && reference().FeatureLevel >= FeatureLevels.TouchedParents)
        {
            Since = reference().Revision;
        }
    }
}
