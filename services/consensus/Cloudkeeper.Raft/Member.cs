namespace Cloudkeeper.Raft;

/// <summary>One member of the cluster. A member that votes in neither configuration is a learner.</summary>
/// <param name="Id">Never used again after a removal: an empty disk comes back under a new identity.</param>
/// <param name="Address">Base address where the other members reach it, e.g. <c>http://10.0.0.4:7000</c>.</param>
/// <param name="IsVoter">Votes in the current (in a joint change: the new) configuration.</param>
/// <param name="IsOutgoingVoter">Votes in the old configuration of a joint change that is under way.</param>
public sealed record Member(NodeId Id, string Address, bool IsVoter, bool IsOutgoingVoter = false)
{
    /// <summary>
    /// Which data directory is meant: a random number that its owner drew when the directory was empty. The same id with
    /// another instance is a disk that was lost. Empty: the member is expected, but has not arrived yet.
    /// </summary>
    public Guid Instance { get; init; }

    /// <summary>The newest feature level that the member's program knows, as announced at its last start.</summary>
    public int Level { get; init; }

    /// <summary>It is on its way out: never promoted, and taken out as soon as it does not vote any more.</summary>
    public bool IsLeaving { get; init; }

    public bool IsLearner => !IsVoter && !IsOutgoingVoter;
}
