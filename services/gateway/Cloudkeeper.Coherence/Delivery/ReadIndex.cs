using Cloudkeeper.Protocol;

namespace Cloudkeeper.Coherence.Delivery;

/// <summary>A leader's lower bound of linearizable reads.</summary>
/// <param name="Revision">All that was acknowledged before <paramref name="AskedAt"/> is in the state at it.</param>
/// <param name="AskedAt">In timestamps of the gateway's clock.</param>
public readonly record struct ReadIndex(Guid Cluster, Revision Revision, long AskedAt);
