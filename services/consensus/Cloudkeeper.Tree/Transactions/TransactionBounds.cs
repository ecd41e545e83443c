using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Tree.Nodes;
using Cloudkeeper.Tree.Sessions;

namespace Cloudkeeper.Tree.Transactions;

/// <summary>
/// How much one transaction may do: it is one revision, and all others wait for it. Refused before any of it is done,
/// so that asking for too much costs nothing. All its operations count together: 128 deletions are one revision too.
/// </summary>
internal sealed class TransactionBounds(TreeState state)
{
    private bool Apply => state.FeatureLevel >= FeatureLevels.Bounds;

    private StateMachineOptions Options => state.Options;

    /// <returns>The refusal, or null.</returns>
    public Outcome? CheckDeletion(Transaction transaction, TreeNode node)
    {
        transaction.DeletedCount += NodeTree.SizeOf(node);
        transaction.DeletedPathChars += NodeTree.PathCharsOf(node);
        return Apply && (transaction.DeletedCount > Options.DeletedNodesMax
            || transaction.DeletedPathChars > Options.DeletedPathCharsMax)
            ? Outcome.Refused(ResultCode.TooManyNodes)
            : null;
    }

    /// <summary>To be asked once for all parents that an operation would create.</summary>
    /// <returns>The refusal, or null.</returns>
    public Outcome? CheckParents(Transaction transaction, int count)
    {
        transaction.ParentCount += count;
        return Apply && transaction.ParentCount > Options.CreatedParentsMax
            ? Outcome.Refused(ResultCode.TooManyNodes)
            : null;
    }

    /// <summary>
    /// Ephemeral nodes below nodes that the same transaction has deleted still count: they are its session's up to the
    /// commit.
    /// </summary>
    /// <param name="session">The owner of the node that is to be; null: it has none.</param>
    /// <returns>The refusal, or null.</returns>
    public Outcome? CheckEphemerals(Session? session) =>
        Apply && session?.Ephemerals.Count >= Options.EphemeralsMax
            ? Outcome.Refused(ResultCode.TooManyEphemerals)
            : null;
}
