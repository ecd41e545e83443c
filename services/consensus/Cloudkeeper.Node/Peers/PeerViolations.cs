using Cloudkeeper.Hosting;
using Cloudkeeper.Node.Metrics;

namespace Cloudkeeper.Node.Peers;

/// <summary>Counts what no honest peer says, and tells it now and then.</summary>
internal sealed partial class PeerViolations(NodeMetrics metrics, TimeProvider time, ILogger<PeerViolations> logger)
{
    private readonly RareNotice _notice = new(time);

    public void Notice(PeerIdentity peer, string problem)
    {
        metrics.PeerBrokeTheRules();
        if (_notice.IsDue())
        {
            LogViolation(logger, peer.Node, peer.Address, problem);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Node {Peer} at {Address} says what no member can say, and is not heard: {Problem}")]
    private static partial void LogViolation(ILogger logger, Raft.NodeId peer, string address, string problem);
}
