using Cloudkeeper.Protocol;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Oracle;

/// <summary>
/// Since when a feature level holds: what went on before was not published, or not remembered, by its rules.
/// </summary>
/// <param name="reference">The state behind the last committed entry.</param>
internal sealed class LevelBook(int level, Func<StateMachine> reference) : ICommittedCheck
{
    /// <summary>Its rules hold above this revision; null: nowhere yet.</summary>
    public Revision? Since { get; private set; }

    public void Check(CommittedEntry entry)
    {
        if (Since is null && entry.Batch is not null && reference().FeatureLevel >= level)
        {
            Since = reference().Revision;
        }
    }
}
