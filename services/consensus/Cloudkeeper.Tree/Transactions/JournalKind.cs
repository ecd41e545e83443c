namespace Cloudkeeper.Tree.Transactions;

internal enum JournalKind : byte
{
    NodeCreated,
    NodeChanged,
    ChildrenChanged,
    NodeDeleted,

    /// <summary>Below a deleted node: still linked to its parent, which is gone as well.</summary>
    NodeDeletedWithAncestor,
    SessionOpened,
    SessionEnded,
}
