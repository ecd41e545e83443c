using Cloudkeeper.Protocol;
using Cloudkeeper.Tree.Collections;
using Cloudkeeper.Tree.Nodes;

namespace Cloudkeeper.Tree.Locks;

/// <summary>Finds the node of a ticket. Follows from the nodes.</summary>
internal sealed class TicketTable
{
    private readonly BlockList<long, TreeNode, TicketOrder> _nodes = new();

    public TreeNode? Find(Ticket ticket) => _nodes.Find(ticket.Value);

    public void Add(TreeNode node) => _nodes.Add(node);

    public void Remove(TreeNode node) => _nodes.Remove(node.CreatedRevision.Value);
}

/// <summary>At most one ticket is created in a revision.</summary>
internal readonly struct TicketOrder : IBlockOrder<long, TreeNode>
{
    public static int Compare(long key, TreeNode item) => key.CompareTo(item.CreatedRevision.Value);

    public static long KeyOf(TreeNode item) => item.CreatedRevision.Value;
}
