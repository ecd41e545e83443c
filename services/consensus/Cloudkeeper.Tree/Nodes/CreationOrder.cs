using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Tree.Collections;

namespace Cloudkeeper.Tree.Nodes;

/// <summary>Nodes from anywhere by the revisions that created them, those of one revision by their paths.</summary>
internal readonly struct CreationOrder : IBlockOrder<TreeNode, TreeNode>
{
    public static int Compare(TreeNode key, TreeNode item)
    {
        var order = key.CreatedRevision.CompareTo(item.CreatedRevision);
        return order != 0 || ReferenceEquals(key, item) ? order : string.CompareOrdinal(key.GetPath(), item.GetPath());
    }

    public static TreeNode KeyOf(TreeNode item) => item;

    /// <summary>A key for a place at which there need not be a node any more.</summary>
    public static TreeNode KeyOf(Arrival arrival) =>
        new(new TreeNode(parent: null, name: ""), arrival.Path[1..]) { CreatedRevision = arrival.Created };
}
