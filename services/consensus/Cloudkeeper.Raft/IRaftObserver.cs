namespace Cloudkeeper.Raft;

/// <summary>
/// Notified of events inside, for logs and traces. It must neither throw nor call back into the node.
/// </summary>
public interface IRaftObserver
{
    void RoleChanged(NodeId node, Role role, Term term, NodeId? leader);

    void CommitAdvanced(NodeId node, LogIndex before, LogIndex now);

    /// <summary>
    /// Everything from <paramref name="first"/> through <paramref name="last"/> contradicted the leader's log.
    /// </summary>
    void Truncated(NodeId node, LogIndex first, LogIndex last);

    void Restored(NodeId node, SnapshotMetadata snapshot);
}
