using System.Runtime.InteropServices;
using Cloudkeeper.Protocol;
using Cloudkeeper.Tree.Nodes;
using Cloudkeeper.Tree.Sessions;

namespace Cloudkeeper.Tree.Transactions;

/// <summary>
/// The work of one command so far. It is done in place, so that later operations see earlier ones, and journaled, so
/// that it can be undone without a trace.
/// </summary>
/// <param name="revision">That it will have if it commits.</param>
/// <param name="time">Log time, Unix milliseconds.</param>
/// <param name="ttlStart">See <see cref="TreeNode.UnchangedSince"/>.</param>
/// <param name="digest">Of the state before.</param>
/// <param name="journal">Empty. It belongs to the transaction until that ends, and to the next one then.</param>
internal sealed class Transaction(Revision revision, long time, long ttlStart, ulong digest, List<JournalEntry> journal)
{
    private readonly List<JournalEntry> _journal = journal;

    public Revision Revision { get; } = revision;

    public long Time { get; } = time;

    public long TtlStart { get; } = ttlStart;

    public ulong DigestBefore { get; } = digest;

    /// <summary>How many nodes it deletes, all those below the deleted ones included.</summary>
    public int DeletedCount { get; set; }

    /// <summary>How many characters their paths have.</summary>
    public long DeletedPathChars { get; set; }

    /// <summary>How many nodes it creates because something is to be below them.</summary>
    public int ParentCount { get; set; }

    public ReadOnlySpan<JournalEntry> Journal => CollectionsMarshal.AsSpan(_journal);

    /// <summary>How many nodes are below deleted ones.</summary>
    public int CountBelow()
    {
        var count = 0;
        foreach (ref readonly var entry in Journal)
        {
            count += entry.Kind == JournalKind.NodeDeleted ? NodeTree.SizeOf(entry.Node!) - 1 : 0;
        }

        return count;
    }

    public void NodeCreated(TreeNode node) => _journal.Add(new(JournalKind.NodeCreated, node));

    /// <summary>To be called before the change.</summary>
    public void NodeChanges(TreeNode node) => _journal.Add(new(JournalKind.NodeChanged, node, Before: node.Copy()));

    /// <summary>To be called before the change.</summary>
    public void ChildrenChange(TreeNode node) => _journal.Add(new(JournalKind.ChildrenChanged, node, Before: node.Copy()));

    public void NodeDeleted(TreeNode node, string? path = null) =>
        _journal.Add(new(JournalKind.NodeDeleted, node, Path: path));

    public void SessionOpened(Session session) => _journal.Add(new(JournalKind.SessionOpened, Session: session));

    public void SessionEnded(Session session, EndedSession ended) =>
        _journal.Add(new(JournalKind.SessionEnded, Session: session, Ended: ended));
}
