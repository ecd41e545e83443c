using Cloudkeeper.Hosting;
using Cloudkeeper.Node.Metrics;

namespace Cloudkeeper.Node.Peers;

/// <summary>Counts messages that no honest peer sends, and logs them now and then.</summary>
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

    [LoggerMessage(1, LogLevel.Warning, "Node {Peer} at {Address} sends what no member can send, and its stream is ended: {Problem}")]
    private static partial void LogViolation(ILogger logger, Raft.NodeId peer, string address, string problem);
}
