using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Tree.Transactions;

namespace Cloudkeeper.Tree.Nodes;

/// <summary>Removes containers and TTL nodes that a leader found idle, if they still are.</summary>
internal sealed class IdleNodeCommands(TreeState state)
{
    public Outcome Remove(Transaction transaction, RemoveIdleNodesCommand command)
    {
        if (command.DecidedIn == state.AppliedTerm)
        {
            foreach (var seen in command.Nodes)
            {
                if (NodeRules.IsValidPath(seen.Path) && state.Nodes.Find(seen.Path) is { } node && IsStill(node, seen))
                {
                    state.Nodes.Delete(transaction, node);
                }
            }
        }

        return Outcome.Ok();
    }

    // The revisions are the counters that rule R5 asks for: every change of the node since then has moved them.
    private bool IsStill(TreeNode node, IdleNode seen) => IdleIndex.IsIdle(node)
        && node.ModifiedRevision == seen.ModifiedRevision
        && node.ChildrenRevision == seen.ChildrenRevision
        && IdleIndex.DueAt(node) <= Now;

    private long Now => state.FeatureLevel < FeatureLevels.AwakeClock ? state.Time : state.Retention.Time;
}
