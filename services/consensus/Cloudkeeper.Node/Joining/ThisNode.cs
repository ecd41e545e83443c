using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Node.Metrics;
using Cloudkeeper.Node.Storage;

namespace Cloudkeeper.Node.Joining;

/// <summary>
/// The state of this process just now: its identity, its phase, and its replica. Written by <see cref="NodeLifecycle"/>
/// alone, read by all.
/// </summary>
internal sealed class ThisNode
{
    private volatile Standing _standing;

    public ThisNode(DataDirectory directory, NodeMetrics metrics)
    {
        Directory = directory;
        _standing = new Standing(
            directory.Quarantine is not null ? NodePhase.Damaged : directory.Identity.IsMember ? NodePhase.Member : NodePhase.New,
            "The node is starting.",
            null);
        metrics.Observe(() => Replica?.State ?? NodeState.Starting, () => Phase == NodePhase.Damaged);
    }

    public DataDirectory Directory { get; }

    /// <summary>Drawn by this process: another one is another run, even with the same data directory.</summary>
    public Guid Run { get; } = Guid.NewGuid();

    public NodePhase Phase => _standing.Phase;

    /// <summary>A sentence for people: its present work, or the reason of its wait.</summary>
    public string Detail => _standing.Detail;

    /// <summary>Null unless it takes part.</summary>
    public ReplicaHost? Replica => _standing.Replica;

    public void Become(NodePhase phase, string detail, ReplicaHost? replica = null) =>
        _standing = new Standing(phase, detail, replica);

    /// <summary>All of it at once, so that no reader sees half of a change.</summary>
    private sealed record Standing(NodePhase Phase, string Detail, ReplicaHost? Replica);
}
