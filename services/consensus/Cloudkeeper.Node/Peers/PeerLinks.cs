using Cloudkeeper.Node.Metrics;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Node.Peers;

/// <summary>The senders to all other members, made when first needed. Used on the replica's turn only.</summary>
internal sealed class PeerLinks(
    PeerIdentity self,
    PeerAdmission admission,
    HttpClient client,
    NodeMetrics metrics,
    TimeProvider time,
    ILogger<PeerSender> logger,
    Action<NodeId> unreachable,
    Action removed) : IAsyncDisposable
{
    private readonly Dictionary<NodeId, (string Address, PeerSender Sender, Member? Member)> _senders = [];
    private readonly List<Task> _ending = [];
    private bool _isClosed;

    /// <param name="receiver">As the log knows it; null: it does not (yet).</param>
    public void Send(RaftMessage message, Member? receiver)
    {
        // A message to a node that is not known (any more) has nowhere to go.
        if (!_isClosed && SenderTo(message.To, receiver) is { } sender)
        {
            sender.Send(message);
        }
        else
        {
            metrics.MessageDropped();
        }
    }

    /// <summary>Where a member takes snapshots; null: it is not known (any more).</summary>
    public Uri? SnapshotAddress(NodeId peer, Member? member) =>
        AddressOf(peer, member) is { } address ? UriOf(address, PeerRoutes.Snapshot, peer) : null;

    /// <summary>
    /// Dials the other members although there is no message for them yet: they learn that this one is back, and need
    /// not wait until they dial it the next time.
    /// </summary>
    public void Open(IEnumerable<Member> members)
    {
        foreach (var member in members.Where(m => m.Id != self.Node))
        {
            SenderTo(member.Id, member);
        }
    }

    /// <summary>A peer has opened a stream to here: it is there.</summary>
    public void Heard(NodeId peer)
    {
        if (_senders.TryGetValue(peer, out var known))
        {
            known.Sender.DialSoon();
        }
    }

    /// <summary>
    /// Ends the senders to members that are gone, and dials those anew of which something has changed.
    /// </summary>
    public void Retain(Func<NodeId, Member?> members)
    {
        foreach (var id in _senders.Keys.ToList())
        {
            var member = members(id);
            if (AddressOf(id, member) is null)
            {
                End(id);
            }
            else if (member != _senders[id].Member)
            {
                SenderTo(id, member)?.DialSoon();
            }
        }
    }

    /// <summary>Sends nothing any more.</summary>
    public void Close()
    {
        _isClosed = true;
        foreach (var id in _senders.Keys.ToList())
        {
            End(id);
        }
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_ending);

    private string? AddressOf(NodeId peer, Member? member) => member?.Address ?? admission.AddressOf(peer);

    private PeerSender? SenderTo(NodeId peer, Member? member)
    {
        if (AddressOf(peer, member) is not { } address)
        {
            return null;
        }

        if (_senders.TryGetValue(peer, out var known))
        {
            if (known.Address == address)
            {
                _senders[peer] = (address, known.Sender, member);
                return known.Sender;
            }

            End(peer);
        }

        if (UriOf(address, PeerRoutes.Stream, peer) is not { } stream)
        {
            return null;
        }

        var sender = new PeerSender(peer, stream, client, metrics, time, logger, unreachable, removed);
        sender.Start();
        _senders[peer] = (address, sender, member);
        return sender;
    }

    private void End(NodeId peer)
    {
        _senders.Remove(peer, out var known);
        _ending.RemoveAll(task => task.IsCompleted);
        _ending.Add(known.Sender.DisposeAsync().AsTask());
    }

    /// <summary>Null for text in a log that is no address: no input of others may throw on a turn.</summary>
    private Uri? UriOf(string address, string route, NodeId peer) =>
        Uri.TryCreate(address + route + self.QueryTo(peer), UriKind.Absolute, out var uri) ? uri : null;
}
