using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Hosting.Nodes;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>The consensus nodes as a cluster with members, beside the state machine that they are in <see cref="INodes"/>.</summary>
internal interface IClusterNodes
{
    /// <summary>The members as the leader sees them, else as any node does.</summary>
    /// <exception cref="ProblemException"><c>no-quorum</c>: no node answers.</exception>
    Task<ClusterView> ReadAsync(CancellationToken cancellationToken);

    /// <summary>The same, once there is a leader of which nothing is known yet; or after a while.</summary>
    Task<ClusterView> ReadNewsAsync(CancellationToken cancellationToken);

    /// <summary>Makes a call that only the leader answers, wherever it is.</summary>
    /// <returns>Its answer, of any status.</returns>
    /// <exception cref="ProblemException">
    /// <c>no-quorum</c>: no node leads, nothing was done. <c>outcome-unknown</c>: the leader was lost under the call.
    /// </exception>
    Task<NodeReply> AskLeaderAsync(
        HttpMethod method, string route, ReadOnlyMemory<byte> json, CancellationToken cancellationToken);

    /// <summary>
    /// Opens a backup that contains everything that was acknowledged before; the caller reads and disposes it.
    /// </summary>
    /// <exception cref="ProblemException"><c>no-quorum</c>, or <c>storage-full</c>: no node has room for one.</exception>
    Task<HttpResponseMessage> OpenBackupAsync(CancellationToken cancellationToken);
}
