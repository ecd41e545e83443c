using Cloudkeeper.Raft;

namespace Cloudkeeper.Replica.Members;

/// <summary>The facts by which a leader decides about members.</summary>
/// <param name="Members">The committed members. No change is under way.</param>
/// <param name="FeatureLevel">The level that the cluster uses already.</param>
/// <param name="IsActive">Has a message of it come within the last election timeouts?</param>
/// <param name="IsYoung">It has not led for long enough to take silence for absence.</param>
internal sealed record ClusterFacts(
    Guid Cluster, NodeId Leader, Membership Members, int FeatureLevel, Func<NodeId, bool> IsActive, bool IsYoung)
{
    /// <summary>The last entry that a member is known to have acknowledged to this leader; null: nothing is known.</summary>
    public Func<NodeId, LogIndex?> MatchOf { get; init; } = static _ => null;
}
