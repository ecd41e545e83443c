using Cloudkeeper.Tree.Nodes;

namespace Cloudkeeper.Tree.Transactions;

/// <summary>A node that goes because one above it was deleted.</summary>
internal readonly record struct DeletedNode(string Path, TreeNode Node);
