using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Tree.Collections;

namespace Cloudkeeper.Tree.Nodes;

/// <summary>
/// Nodes that go by themselves and have no children: containers that had one, and TTL nodes, in the order in which they
/// become due. Only a leader's proposals come from it; they are judged again at apply.
/// </summary>
internal sealed class IdleIndex
{
    private readonly BlockList<TreeNode, TreeNode, DueOrder> _nodes = new();

    public static bool IsIdle(TreeNode node) => node.ChildCount == 0
        && (node.Kind == NodeKind.Ttl || (node.Kind == NodeKind.Container && node.Creations != 0));

    public int Count => _nodes.Count;

    /// <summary>
    /// By the retention clock, before feature level 4 by log time (Unix milliseconds); a container is due at once.
    /// </summary>
    public static long DueAt(TreeNode node) => node switch
    {
        { Kind: not NodeKind.Ttl } => 0,
        { TtlStart: 0 } => node.ModifiedAt + node.OwnerOrTtl,
        _ => node.TtlStart + node.OwnerOrTtl,
    };

    public void Add(TreeNode node)
    {
        if (IsIdle(node))
        {
            _nodes.Add(node);
        }
    }

    /// <summary>To be called before the node changes: its place depends on the node's content.</summary>
    public void Remove(TreeNode node)
    {
        if (IsIdle(node))
        {
            _nodes.Remove(node);
        }
    }

    public void CollectDue(long time, int countMax, ICollection<IdleNode> into)
    {
        foreach (var node in _nodes)
        {
            if (into.Count >= countMax || DueAt(node) > time)
            {
                return;
            }

            into.Add(new IdleNode(node.GetPath(), node.ModifiedRevision, node.ChildrenRevision));
        }
    }
}

internal readonly struct DueOrder : IBlockOrder<TreeNode, TreeNode>
{
    public static int Compare(TreeNode key, TreeNode item)
    {
        var order = IdleIndex.DueAt(key).CompareTo(IdleIndex.DueAt(item));
        if (order == 0)
        {
            order = key.CreatedRevision.CompareTo(item.CreatedRevision);
        }

        // Only nodes of one transaction get as far as their paths.
        return order != 0 || ReferenceEquals(key, item) ? order : string.CompareOrdinal(key.GetPath(), item.GetPath());
    }

    public static TreeNode KeyOf(TreeNode item) => item;
}
