using Cloudkeeper.Protocol;
using Cloudkeeper.Tree.Locks;
using Cloudkeeper.Tree.Sessions;
using Cloudkeeper.Tree.Transactions;

namespace Cloudkeeper.Tree.Nodes;

/// <summary>
/// The nodes and what follows from them: the sessions' ephemerals, the tickets, the idle nodes, their share of the
/// digest. Every change of a node goes through here and into the journal of a transaction.
/// </summary>
/// <remarks>
/// Each change stamps the node with the revision of its transaction (modified or children revision). A snapshot relies
/// on it to tell what has changed since it began.
/// </remarks>
internal sealed class NodeTree
{
    private readonly StateDigest _digest;
    private readonly SessionTable _sessions;

    public NodeTree(StateDigest digest, SessionTable sessions)
    {
        _digest = digest;
        _sessions = sessions;
        Root = new TreeNode(parent: null, name: "");
        Count = 1;
        Rehash(Root);
    }

    public TreeNode Root { get; }

    public int Count { get; private set; }

    public TicketTable Tickets { get; } = new();

    public IdleIndex Idle { get; } = new();

    public TreeNode? Find(ReadOnlySpan<char> path)
    {
        var node = Root;
        foreach (var segment in new PathSegments(path))
        {
            if (node.Children?.Find(segment) is not { } child)
            {
                return null;
            }

            node = child;
        }

        return node;
    }

    public TreeNode Create(Transaction transaction, TreeNode parent, string name, in NodeContent content)
    {
        var node = new TreeNode(parent, name)
        {
            Value = content.Value,
            ContentType = content.ContentType,
            Kind = content.Kind,
            OwnerOrTtl = content.OwnerOrTtl,
            IsTicket = content.IsTicket,
            CreatedRevision = transaction.Revision,
            ModifiedRevision = transaction.Revision,
            ChildrenRevision = transaction.Revision,
            CreatedAt = transaction.Time,
            ModifiedAt = transaction.Time,
        };
        ChangeChildren(transaction, parent, created: 1, present: 1);
        Link(node);
        Rehash(node);
        transaction.NodeCreated(node);
        return node;
    }

    public void SetValue(Transaction transaction, TreeNode node, byte[] value, string contentType, long ttlMilliseconds)
    {
        transaction.NodeChanges(node);
        Idle.Remove(node);
        node.Value = value;
        node.ContentType = contentType;
        node.ModifiedRevision = transaction.Revision;
        node.ModifiedAt = transaction.Time;
        node.Version = unchecked(node.Version + 1);
        if (node.Kind == NodeKind.Ttl)
        {
            node.OwnerOrTtl = ttlMilliseconds;
        }

        Idle.Add(node);
        Rehash(node);
    }

    /// <summary>Deletes a node and everything below it.</summary>
    public void Delete(Transaction transaction, TreeNode node)
    {
        Invariant.Require(node.Parent is not null);
        ChangeChildren(transaction, node.Parent, created: 0, present: -1);
        node.Parent.Children!.Remove(node);
        Drop(transaction, node, withAncestor: false);
    }

    /// <summary>Takes one step back. The digest as a whole is put back by the caller.</summary>
    public void Undo(in JournalEntry entry)
    {
        var node = entry.Node;
        Invariant.Require(node is not null);
        switch (entry.Kind)
        {
            case JournalKind.NodeCreated:
                Unindex(node);
                node.Parent!.Children!.Remove(node);
                break;
            case JournalKind.NodeDeleted:
                node.Parent!.Children!.Add(node);
                Index(node);
                break;
            case JournalKind.NodeDeletedWithAncestor:
                Index(node);
                break;
            default:
                Idle.Remove(node);
                node.Restore(entry.Before!);
                Idle.Add(node);
                break;
        }
    }

    /// <summary>For the loader: the node at a path, made without content, like its parents, if it is not there yet.</summary>
    public TreeNode GetOrAdd(ReadOnlySpan<char> path)
    {
        var node = Root;
        foreach (var segment in new PathSegments(path))
        {
            node = GetOrAddChild(node, segment);
        }

        return node;
    }

    /// <summary>See <see cref="GetOrAdd"/>.</summary>
    public TreeNode GetOrAddChild(TreeNode parent, ReadOnlySpan<char> name)
    {
        parent.Children ??= new NodeChildren();
        if (parent.Children.Find(name) is { } present)
        {
            return present;
        }

        var added = new TreeNode(parent, name.ToString());
        parent.Children.Add(added);
        parent.ChildCount++;
        Count++;
        return added;
    }

    /// <summary>For the loader: makes everything that follows from a node that is complete, its parents included.</summary>
    public void Complete(TreeNode node)
    {
        Count--;
        Index(node);
        Rehash(node);
    }

    private void ChangeChildren(Transaction transaction, TreeNode parent, int created, int present)
    {
        transaction.ChildrenChange(parent);
        Idle.Remove(parent);
        parent.ChildrenRevision = transaction.Revision;
        parent.Creations = unchecked(parent.Creations + created);
        parent.ChildCount += present;
        Idle.Add(parent);
        Rehash(parent);
    }

    // The children stay linked to their dead parents: nobody can come to them any more, and an undo finds them there.
    private void Drop(Transaction transaction, TreeNode node, bool withAncestor)
    {
        transaction.NodeDeleted(node, withAncestor);
        Unindex(node);
        _digest.Remove(node.Hash);
        if (node.Children is { } children)
        {
            foreach (var child in children)
            {
                Drop(transaction, child, withAncestor: true);
            }
        }
    }

    private void Link(TreeNode node)
    {
        var parent = node.Parent!;
        parent.Children ??= new NodeChildren();
        parent.Children.Add(node);
        Index(node);
    }

    private void Index(TreeNode node)
    {
        Count++;
        Idle.Add(node);
        if (node.Kind == NodeKind.Ephemeral)
        {
            OwnerOf(node).Attach(node);
        }

        if (node.IsTicket)
        {
            Tickets.Add(node);
        }
    }

    private void Unindex(TreeNode node)
    {
        Count--;
        Idle.Remove(node);
        if (node.Kind == NodeKind.Ephemeral)
        {
            OwnerOf(node).Detach(node);
        }

        if (node.IsTicket)
        {
            Tickets.Remove(node);
        }
    }

    private Session OwnerOf(TreeNode node)
    {
        var owner = _sessions.Find(new SessionId(node.OwnerOrTtl));
        Invariant.Require(owner is not null, "the owner of an ephemeral node is a live session");
        return owner;
    }

    private void Rehash(TreeNode node)
    {
        _digest.Remove(node.Hash);
        node.Hash = node.ComputeHash();
        _digest.Add(node.Hash);
    }
}
