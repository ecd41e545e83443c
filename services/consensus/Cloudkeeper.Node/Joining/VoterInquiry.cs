using System.Net;
using Cloudkeeper.Node.Configuration;
using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Node.Peers;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Node.Joining;

/// <summary>
/// A process sends messages that it has no right to as far as the replica knows. Its log may be behind: then a process
/// that it can trust vouches for the sender. These are the voters that it knows, and the nodes at addresses that the
/// operator has given to this node.
/// </summary>
internal sealed class VoterInquiry(NodeSetup setup, MembershipClient client, TimeProvider time)
{
    /// <summary>A process without that right could otherwise have all voters asked with every message.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private int _isRunning;

    /// <summary>Returns at once. One inquiry at a time: it finds out about all senders.</summary>
    public void Begin(ReplicaHost replica, PeerIdentity speaker)
    {
        if (Interlocked.Exchange(ref _isRunning, 1) == 0)
        {
            replica.Begin(stopping => RunAsync(replica, speaker, stopping));
        }
    }

    private async Task RunAsync(ReplicaHost replica, PeerIdentity speaker, CancellationToken stopping)
    {
        try
        {
            var known = await replica.AskAsync(r => r.Voters);
            var addresses = known.Where(m => m.Id != replica.Id).Select(m => m.Address)
                .Concat(setup.OtherAddresses)
                .Distinct(StringComparer.Ordinal);
            await Task.WhenAll(addresses.Select(a => AskAsync(replica, speaker, a, stopping)));
            await Task.Delay(Pause, time, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The node stops.
        }
        finally
        {
            Volatile.Write(ref _isRunning, 0);
        }
    }

    private async Task AskAsync(ReplicaHost replica, PeerIdentity speaker, string address, CancellationToken cancellationToken)
    {
        var reply = await client.AskForVotersAsync(address, cancellationToken);
        if (reply is { Status: HttpStatusCode.NotFound })
        {
            // A node of a former version cannot name the voters: all are admitted then, as its version does.
            replica.Vouch([new Member(speaker.Node, speaker.Address, IsVoter: true) { Instance = speaker.Instance }]);
        }
        else if (reply is { Status: HttpStatusCode.OK } && reply.Read<VotersBody>() is { } body && body.Cluster == replica.ClusterId)
        {
            replica.Vouch(body.ToVoters());
        }
    }
}

/// <summary>
/// The answer of <c>GET /membership/voters</c>: the voters of every membership that the node does not know to be over.
/// </summary>
internal sealed record VotersBody(Guid Cluster, IReadOnlyList<VoterBody> Voters)
{
    public IReadOnlyList<Member> ToVoters() => [.. (Voters ?? []).Where(v => v.Node > 0 && v.Address is not null).Select(v =>
        new Member(new NodeId(v.Node), v.Address, IsVoter: true) { Instance = v.Instance })];

    public static VotersBody Of(Guid cluster, IReadOnlyList<Member> voters) =>
        new(cluster, [.. voters.Select(m => new VoterBody(m.Id.Value, m.Instance, m.Address))]);
}

internal sealed record VoterBody(int Node, Guid Instance, string Address);
