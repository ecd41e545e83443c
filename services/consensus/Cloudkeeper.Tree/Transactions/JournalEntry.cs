using Cloudkeeper.Tree.Nodes;
using Cloudkeeper.Tree.Sessions;

namespace Cloudkeeper.Tree.Transactions;

/// <summary>One step of a transaction, enough to undo it and to list its changes.</summary>
/// <param name="Before">A copy of a node that was changed.</param>
/// <param name="Path">Of the node, where it is known.</param>
/// <param name="Ended">Of a session that ended: how.</param>
internal readonly record struct JournalEntry(
    JournalKind Kind,
    TreeNode? Node = null,
    TreeNode? Before = null,
    string? Path = null,
    Session? Session = null,
    EndedSession? Ended = null);
