namespace Cloudkeeper.Tree.Transactions;

internal enum JournalKind : byte
{
    NodeCreated,
    NodeChanged,
    ChildrenChanged,

    /// <summary>With all that is below it: nothing of that is done, or reported, before the commit.</summary>
    NodeDeleted,
    SessionOpened,
    SessionEnded,
}
