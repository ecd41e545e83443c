using Cloudkeeper.Coherence.Delivery;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Protocol.Sessions;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>The consensus nodes as the handlers of requests see them: one state machine that answers.</summary>
/// <remarks>A failure to answer is a <see cref="Errors.ProblemException"/>.</remarks>
internal interface INodes
{
    /// <summary>Executes a command exactly once, or reports that the outcome is unknown.</summary>
    /// <param name="request">Its serial is given by the lane.</param>
    /// <param name="session">Commands of one session keep their order; null: of no session.</param>
    ValueTask<CommandResult> ExecuteAsync(CommandRequest request, SessionId? session);

    /// <param name="consistency">Asks the leader, or the node that the change feed comes from.</param>
    /// <param name="minRevision">The answer reflects at least this revision.</param>
    ValueTask<ReadAnswer> ReadAsync(ReadRequest request, ReadConsistency consistency, Revision minRevision);

    /// <summary>The lower bound of a linearizable read that begins now.</summary>
    ValueTask<ReadIndex> ReadIndexAsync();

    /// <summary>Acknowledged only after the leader has counted it.</summary>
    ValueTask<KeepaliveResult> KeepAliveAsync(SessionId session);

    /// <summary>
    /// The changes above a revision (null: the last ones that there are) from one node, until either side ends it.
    /// </summary>
    /// <param name="known">A revision that exists: a node that lags behind it for long is left, and its feed ends.</param>
    /// <exception cref="NodeUnreachableException">Try again: the next call goes to another node.</exception>
    /// <exception cref="IOException">The connection broke: go on from the last revision.</exception>
    IAsyncEnumerable<FeedFrame> FollowAsync(Revision? from, Func<Revision> known, CancellationToken cancellationToken);

    /// <summary>The members as the leader sees them, else as any node does: JSON.</summary>
    ValueTask<ReadOnlyMemory<byte>> ReadClusterAsync(CancellationToken cancellationToken);
}
