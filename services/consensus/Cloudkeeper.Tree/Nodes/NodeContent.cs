using Cloudkeeper.Protocol;

namespace Cloudkeeper.Tree.Nodes;

/// <summary>The content of a new node.</summary>
/// <param name="OwnerOrTtl">See <see cref="TreeNode.OwnerOrTtl"/>.</param>
internal readonly record struct NodeContent(
    byte[] Value,
    string ContentType,
    NodeKind Kind = NodeKind.Persistent,
    long OwnerOrTtl = 0,
    bool IsTicket = false);
