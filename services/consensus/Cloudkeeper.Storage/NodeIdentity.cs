using Cloudkeeper.Raft;

namespace Cloudkeeper.Storage;

/// <summary>Who the owner of a data directory is. Never changes: an empty disk comes back as a new member.</summary>
public sealed record NodeIdentity(Guid ClusterId, NodeId Node);
