using Cloudkeeper.Protocol;

namespace Cloudkeeper.Tree.Nodes;

/// <summary>One node of the tree. Knows its name and its parent, not its path: millions of them must fit in memory.</summary>
internal sealed class TreeNode(TreeNode? parent, string name)
{
    // The hash as far as names and value: children that come and go must not cost the hash of a large value each.
    private RecordHash _hashOfValue;
    private bool _isValueHashed;

    public string Name { get; } = name;

    /// <summary>Null for the root. A deleted node keeps its parent, so that its path is still known.</summary>
    public TreeNode? Parent { get; } = parent;

    public byte[] Value
    {
        get;
        set
        {
            field = value;
            _isValueHashed = false;
        }
    }

    = [];

    public string ContentType { get; set; } = "";

    /// <summary>Null as long as it never had a child.</summary>
    public NodeChildren? Children { get; set; }

    public Revision CreatedRevision { get; set; }

    public Revision ModifiedRevision { get; set; }

    /// <summary>Of the last creation or deletion of a child; at first the node's own creation.</summary>
    public Revision ChildrenRevision { get; set; }

    public long CreatedAt { get; set; }

    public long ModifiedAt { get; set; }

    /// <summary>The owner of an ephemeral node, the TTL in milliseconds of a TTL node, else 0.</summary>
    public long OwnerOrTtl { get; set; }

    /// <summary>The node's share of the digest at present.</summary>
    public ulong Hash { get; set; }

    public int Version { get; set; }

    /// <summary>How many children were ever created: the next sequence number. Wraps around as ZooKeeper's does.</summary>
    public int Creations { get; set; }

    /// <summary>
    /// Not taken from <see cref="Children"/>, because a copy from before a change shares those with the node.
    /// </summary>
    public int ChildCount { get; set; }

    /// <summary>Since when by the retention clock a TTL node has not changed; 0 before feature level 4, and of others.</summary>
    public long UnchangedSince { get; set; }

    public NodeKind Kind { get; set; }

    /// <summary>It was created as a place in the queue of a lock.</summary>
    public bool IsTicket { get; set; }

    public SessionId? Owner => Kind == NodeKind.Ephemeral ? new SessionId(OwnerOrTtl) : null;

    public long TtlMilliseconds => Kind == NodeKind.Ttl ? OwnerOrTtl : 0;

    public long TtlStart => Kind == NodeKind.Ttl ? UnchangedSince : 0;

    public NodeStat Stat => new(
        CreatedRevision,
        ModifiedRevision,
        ChildrenRevision,
        CreatedAt,
        ModifiedAt,
        Version,
        ChildrenVersion,
        AclVersion: 0,
        Kind,
        Owner,
        TtlMilliseconds,
        Value.Length,
        ChildCount);

    /// <summary>Creations plus deletions of children; each child that is there was created but not deleted.</summary>
    private int ChildrenVersion => unchecked((Creations * 2) - ChildCount);

    public TreeNode Copy() => (TreeNode)MemberwiseClone();

    /// <summary>Goes back to the state that <see cref="Copy"/> kept.</summary>
    public void Restore(TreeNode copy)
    {
        Value = copy.Value;
        _hashOfValue = copy._hashOfValue;
        _isValueHashed = copy._isValueHashed;
        ContentType = copy.ContentType;
        ModifiedRevision = copy.ModifiedRevision;
        ChildrenRevision = copy.ChildrenRevision;
        ModifiedAt = copy.ModifiedAt;
        OwnerOrTtl = copy.OwnerOrTtl;
        Hash = copy.Hash;
        Version = copy.Version;
        Creations = copy.Creations;
        ChildCount = copy.ChildCount;
        UnchangedSince = Kind == NodeKind.Ttl ? copy.UnchangedSince : UnchangedSince;
    }

    public string GetPath()
    {
        if (Parent is null)
        {
            return NodePath.Root;
        }

        var length = 0;
        for (var node = this; node.Parent is not null; node = node.Parent)
        {
            length += 1 + node.Name.Length;
        }

        return string.Create(length, this, static (path, last) =>
        {
            for (var node = last; node.Parent is not null; node = node.Parent)
            {
                var start = path.Length - node.Name.Length;
                node.Name.CopyTo(path[start..]);
                path[start - 1] = '/';
                path = path[..(start - 1)];
            }
        });
    }

    public ulong ComputeHash()
    {
        if (!_isValueHashed)
        {
            _hashOfValue = HashValue();
            _isValueHashed = true;
        }

        var hash = _hashOfValue;
        hash.Add(ContentType);
        hash.Add(CreatedRevision.Value);
        hash.Add(ModifiedRevision.Value);
        hash.Add(ChildrenRevision.Value);
        hash.Add(CreatedAt);
        hash.Add(ModifiedAt);
        hash.Add(OwnerOrTtl);
        hash.Add(((ulong)(uint)Version << 32) | (uint)Creations);
        hash.Add(((ulong)(uint)ChildCount << 32) | ((uint)Kind << 1) | (IsTicket ? 1u : 0u));
        if (TtlStart != 0)
        {
            hash.Add(TtlStart);
        }

        return hash.Value;
    }

    private RecordHash HashValue()
    {
        var hash = new RecordHash(RecordKind.Node);
        for (var node = this; node.Parent is not null; node = node.Parent)
        {
            hash.Add(node.Name);
        }

        hash.Add(Value);
        return hash;
    }
}
