using Cloudkeeper.Raft;

namespace Cloudkeeper.Storage;

/// <summary>
/// The owner of a data directory. Never changes once complete: an empty disk comes back as a new member.
/// </summary>
/// <param name="ClusterId">Drawn when the cluster was founded. Empty: the node belongs to no cluster yet.</param>
/// <param name="Node">Given by the cluster. Zero as long as there is none.</param>
public sealed record NodeIdentity(Guid ClusterId, NodeId Node)
{
    /// <summary>
    /// A random number that is drawn when the directory is empty, before the node calls any other: by it the others
    /// tell a member from another disk at its address. Empty: the directory was begun by version 1, which had none.
    /// </summary>
    public Guid Instance { get; init; }

    public bool IsMember => ClusterId != Guid.Empty;

    public static NodeIdentity WithoutCluster(Guid instance) => new(Guid.Empty, default) { Instance = instance };

    /// <summary>Known parts stay: only the open ones may be added.</summary>
    internal bool MayBecome(NodeIdentity next) =>
        (!IsMember || (ClusterId == next.ClusterId && Node == next.Node))
        && (Instance == Guid.Empty || Instance == next.Instance);
}
