using Cloudkeeper.Protocol;
using Cloudkeeper.Tree.Locks;
using Cloudkeeper.Tree.Reads;
using Cloudkeeper.Tree.Sessions;
using Cloudkeeper.Tree.Transactions;

namespace Cloudkeeper.Tree.Nodes;

/// <summary>
/// The nodes and the indexes over them: the sessions' ephemerals, the tickets, the idle nodes, their share of the
/// digest. Every change of a node goes through here and into the journal of a transaction.
/// </summary>
/// <remarks>
/// Each change stamps the node with the revision of its transaction (modified or children revision). A snapshot sees by
/// it what has changed since it began.
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
            UnchangedSince = content.Kind == NodeKind.Ttl ? transaction.TtlStart : 0,
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
            node.UnchangedSince = transaction.TtlStart;
        }

        Idle.Add(node);
        Rehash(node);
    }

    /// <summary>How many nodes go with this one.</summary>
    public static int SizeOf(TreeNode node) => 1 + (node.Children?.Descendants ?? 0);

    /// <summary>How many characters the paths of all of them have.</summary>
    public static long PathCharsOf(TreeNode node)
    {
        var own = 0L;
        for (var above = node; above.Parent is not null; above = above.Parent)
        {
            own += NameChars(above);
        }

        return (SizeOf(node) * own) + (node.Children?.PathChars ?? 0);
    }

    /// <summary>
    /// Deletes a node. The nodes below it cannot be reached any more, and follow at the commit (<see cref="Bury"/>): a
    /// transaction that is refused in the end has not gone through a large subtree for nothing.
    /// </summary>
    public void Delete(Transaction transaction, TreeNode node)
    {
        var parent = node.Parent;
        Invariant.Require(parent is not null);
        ChangeChildren(transaction, parent, created: 0, present: -1);
        CountBelow(parent, node, sign: -1);
        parent.Children!.Remove(node);
        transaction.NodeDeleted(node);
        Unindex(node);
        _digest.Remove(node.Hash);
    }

    /// <summary>Deletes all nodes of a session that is about to end: parent by parent instead of one after the other.</summary>
    public void DeleteEphemerals(Transaction transaction, Session session)
    {
        var nodes = session.DetachAll();
        var paths = Array.ConvertAll(nodes, static node => node.GetPath());
        PathSort.Sort<TreeNode>(paths, nodes);
        for (var first = 0; first < nodes.Length;)
        {
            var parent = nodes[first].Parent!;
            var end = first;
            var chars = 0L;
            while (end < nodes.Length && ReferenceEquals(nodes[end].Parent, parent))
            {
                chars += NameChars(nodes[end]);
                end++;
            }

            ChangeChildren(transaction, parent, created: 0, present: first - end);
            CountBelow(parent, first - end, -chars);
            parent.Children!.Remove(nodes.AsSpan(first..end));
            first = end;
        }

        for (var i = 0; i < nodes.Length; i++)
        {
            transaction.NodeDeleted(nodes[i], paths[i]);
            Unindex(nodes[i], isDetached: true);
            _digest.Remove(nodes[i].Hash);
        }
    }

    /// <summary>For the commit: treats the nodes below deleted ones as those were treated.</summary>
    public void Bury(IReadOnlyList<DeletedNode> below)
    {
        for (var i = 0; i < below.Count; i++)
        {
            Unindex(below[i].Node);
            _digest.Remove(below[i].Node.Hash);
        }
    }

    /// <summary>
    /// Gives every TTL node its start. A snapshot under way is not notified: it is of a level that knows no starts.
    /// </summary>
    public void StartTtls(Func<TreeNode, long> startOf)
    {
        var walk = new PathOrderWalk(Root, int.MaxValue);
        while (walk.Next() is { } node)
        {
            if (node.Kind == NodeKind.Ttl)
            {
                Idle.Remove(node);
                node.UnchangedSince = startOf(node);
                Idle.Add(node);
                Rehash(node);
            }
        }
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
                CountBelow(node.Parent, node, sign: -1);
                break;
            case JournalKind.NodeDeleted:
                node.Parent!.Children!.Add(node);
                CountBelow(node.Parent, node, sign: 1);
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
        CountBelow(parent, added, sign: 1);
        Count++;
        return added;
    }

    /// <summary>For the loader: updates all indexes for a node that is complete, its parents included.</summary>
    public void Complete(TreeNode node)
    {
        Count--;
        Index(node);
        Rehash(node);
    }

    private void ChangeChildren(Transaction transaction, TreeNode parent, int created, int present)
    {
        // Once is enough to undo all: a node that has come or changed so in this transaction bears its revision.
        if (parent.ChildrenRevision != transaction.Revision)
        {
            transaction.ChildrenChange(parent);
        }

        Idle.Remove(parent);
        parent.ChildrenRevision = transaction.Revision;
        parent.Creations = unchecked(parent.Creations + created);
        parent.ChildCount += present;
        Idle.Add(parent);
        Rehash(parent);
    }

    /// <summary>The '/' before it included.</summary>
    private static int NameChars(TreeNode node) => 1 + node.Name.Length;

    /// <summary>A node comes or goes, with all below it.</summary>
    private static void CountBelow(TreeNode parent, TreeNode node, int sign)
    {
        var size = sign * SizeOf(node);
        CountBelow(parent, size, (size * (long)NameChars(node)) + (sign * (node.Children?.PathChars ?? 0)));
    }

    /// <param name="chars">Of the paths from behind the parent's on.</param>
    private static void CountBelow(TreeNode parent, int count, long chars)
    {
        for (var ancestor = parent; ancestor is not null; ancestor = ancestor.Parent)
        {
            ancestor.Children!.Descendants += count;
            ancestor.Children.PathChars += chars;
            chars += count * (long)NameChars(ancestor);
        }
    }

    private void Link(TreeNode node)
    {
        var parent = node.Parent!;
        parent.Children ??= new NodeChildren();
        parent.Children.Add(node);
        CountBelow(parent, node, sign: 1);
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

    /// <param name="isDetached">Its session has let go of it already.</param>
    private void Unindex(TreeNode node, bool isDetached = false)
    {
        Count--;
        Idle.Remove(node);
        if (node.Kind == NodeKind.Ephemeral && !isDetached)
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
