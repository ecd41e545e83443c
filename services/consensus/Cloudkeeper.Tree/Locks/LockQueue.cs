using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Tree.Collections;
using Cloudkeeper.Tree.Nodes;

namespace Cloudkeeper.Tree.Locks;

/// <summary>
/// The children of a lock's node that contend for it, in the order in which they came. The first one holds it.
/// </summary>
/// <remarks>
/// The order is that of the creating revisions. For nodes that were created as sequential it is the order of their
/// numbers, also past the overflow where those turn negative; and it keeps fencing tokens growing even when a client
/// creates a node by hand under a number of the past.
/// </remarks>
internal sealed class LockQueue
{
    private readonly BlockList<TreeNode, TreeNode, ArrivalOrder> _contenders = new();

    public int Count => _contenders.Count;

    public TreeNode? Holder => _contenders.First;

    public static LockQueue Of(NodeChildren children)
    {
        var queue = new LockQueue();
        foreach (var child in children)
        {
            queue.Add(child);
        }

        return queue;
    }

    public void Add(TreeNode child)
    {
        if (ContenderName.IsContender(child.Name))
        {
            _contenders.Add(child);
        }
    }

    public void Remove(TreeNode child)
    {
        if (ContenderName.IsContender(child.Name))
        {
            _contenders.Remove(child);
        }
    }

    public int PositionOf(TreeNode contender) => _contenders.CountBefore(contender);

    public BlockList<TreeNode, TreeNode, ArrivalOrder>.Cursor GetEnumerator() => _contenders.Start();

    /// <summary>The tickets behind a place, which may be empty by now.</summary>
    /// <param name="place">Null: all.</param>
    /// <param name="before">How many there are up to that place.</param>
    public BlockList<TreeNode, TreeNode, ArrivalOrder>.Cursor After(Arrival? place, out int before)
    {
        if (place is null)
        {
            before = 0;
            return _contenders.Start();
        }

        var key = new TreeNode(parent: null, NodePath.NameOf(place.Path)) { CreatedRevision = place.Created };
        before = _contenders.CountBefore(key) + (_contenders.Find(key) is null ? 0 : 1);
        return _contenders.After(key);
    }
}

internal readonly struct ArrivalOrder : IBlockOrder<TreeNode, TreeNode>
{
    public static int Compare(TreeNode key, TreeNode item)
    {
        var order = key.CreatedRevision.CompareTo(item.CreatedRevision);
        return order != 0 ? order : CompareWithinTransaction(key.Name, item.Name);
    }

    public static TreeNode KeyOf(TreeNode item) => item;

    private static int CompareWithinTransaction(string left, string right)
    {
        var order = ContenderName.SequenceOf(left).SequenceCompareTo(ContenderName.SequenceOf(right));
        return order != 0 ? order : string.CompareOrdinal(left, right);
    }
}
