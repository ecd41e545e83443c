namespace Cloudkeeper.Protocol;

/// <summary>ZooKeeper's Stat. Times are Unix milliseconds of the leaders' clocks, never going back.</summary>
/// <param name="CreatedRevision">czxid.</param>
/// <param name="ModifiedRevision">mzxid: of the last change of the value.</param>
/// <param name="ChildrenRevision">pzxid: of the last creation or deletion of a child (at first the node's own creation).</param>
/// <param name="Version">Changes of the value since the creation.</param>
/// <param name="ChildrenVersion">cversion: creations plus deletions of children.</param>
/// <param name="AclVersion">Changes of the ACL.</param>
/// <param name="EphemeralOwner">The session that owns an ephemeral node, else null.</param>
/// <param name="TtlMilliseconds">Of a <see cref="NodeKind.Ttl"/> node, else 0.</param>
public readonly record struct NodeStat(
    Revision CreatedRevision,
    Revision ModifiedRevision,
    Revision ChildrenRevision,
    long CreatedAt,
    long ModifiedAt,
    int Version,
    int ChildrenVersion,
    int AclVersion,
    NodeKind Kind,
    SessionId? EphemeralOwner,
    long TtlMilliseconds,
    int DataLength,
    int ChildCount);
