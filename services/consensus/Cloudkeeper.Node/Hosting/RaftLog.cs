using Cloudkeeper.Raft;

namespace Cloudkeeper.Node.Hosting;

/// <summary>Writes Raft's rare events to the log.</summary>
internal sealed partial class RaftLog(ILogger<RaftLog> logger) : IRaftObserver
{
    public void RoleChanged(NodeId node, Role role, Term term, NodeId? leader) =>
        LogRole(logger, node, role, term, leader);

    public void CommitAdvanced(NodeId node, LogIndex from, LogIndex to)
    {
        // Far too often for a log; the metrics have it.
    }

    public void Truncated(NodeId node, LogIndex from, LogIndex last) => LogTruncated(logger, node, from, last);

    public void Restored(NodeId node, SnapshotMetadata snapshot) => LogRestored(logger, node, snapshot.Index);

    [LoggerMessage(1, LogLevel.Information, "Node {Node} is {Role} in term {Term}; leader: {Leader}")]
    private static partial void LogRole(ILogger logger, NodeId node, Role role, Term term, NodeId? leader);

    [LoggerMessage(2, LogLevel.Information, "Node {Node} gives up its uncommitted entries {From} to {Last}")]
    private static partial void LogTruncated(ILogger logger, NodeId node, LogIndex from, LogIndex last);

    [LoggerMessage(3, LogLevel.Information, "Node {Node} takes over the snapshot at {Index}")]
    private static partial void LogRestored(ILogger logger, NodeId node, LogIndex index);
}
