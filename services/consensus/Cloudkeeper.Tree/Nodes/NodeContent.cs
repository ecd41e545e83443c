using Cloudkeeper.Protocol;

namespace Cloudkeeper.Tree.Nodes;

/// <summary>What a new node is made with.</summary>
/// <param name="OwnerOrTtl">See <see cref="TreeNode.OwnerOrTtl"/>.</param>
internal readonly record struct NodeContent(
    byte[] Value,
    string ContentType,
    NodeKind Kind = NodeKind.Persistent,
    long OwnerOrTtl = 0,
    bool IsTicket = false);
