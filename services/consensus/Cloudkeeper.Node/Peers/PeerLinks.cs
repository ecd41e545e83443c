using Cloudkeeper.Node.Metrics;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Node.Peers;

/// <summary>The senders to all other members, made when first needed. Used on the replica's turn only.</summary>
internal sealed class PeerLinks(
    NodeId self,
    Guid clusterId,
    HttpClient client,
    NodeMetrics metrics,
    TimeProvider time,
    ILogger<PeerSender> logger,
    Action<NodeId> unreachable) : IAsyncDisposable
{
    private readonly Dictionary<NodeId, (string Address, PeerSender Sender)> _senders = [];

    public void Send(RaftMessage message, Membership membership)
    {
        // A message to somebody who is not a member (any more) has nowhere to go.
        if (membership.Find(message.To) is { } member)
        {
            SenderTo(member).Send(message);
        }
        else
        {
            metrics.MessageDropped();
        }
    }

    /// <summary>Where a member takes snapshots; null: it is not a member (any more).</summary>
    public Uri? SnapshotAddress(NodeId peer, Membership membership) =>
        membership.Find(peer) is { } member ? AddressOf(member, PeerRoutes.Snapshot) : null;

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, sender) in _senders.Values)
        {
            await sender.DisposeAsync();
        }
    }

    private PeerSender SenderTo(Member member)
    {
        if (_senders.TryGetValue(member.Id, out var known) && known.Address == member.Address)
        {
            return known.Sender;
        }

        var address = AddressOf(member, PeerRoutes.Stream);
        var sender = new PeerSender(member.Id, address, client, metrics, time, logger, unreachable);
        sender.Start();
        _senders[member.Id] = (member.Address, sender);
        return sender;
    }

    private Uri AddressOf(Member member, string route) =>
        new($"{member.Address}{route}?cluster={clusterId:N}&from={self}&to={member.Id}");
}
