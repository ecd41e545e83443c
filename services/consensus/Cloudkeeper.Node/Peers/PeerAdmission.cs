using System.Collections.Concurrent;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Node.Peers;

/// <summary>
/// Decides which messages are received. Two clusters never mix, and a node that was taken out gets that answer instead
/// of disturbing the members that stayed.
/// </summary>
/// <remarks>
/// Judged by the committed membership, since an uncommitted removal may still be undone. A node whose id is above all
/// that were ever given here may be newer than what this replica knows, perhaps its leader (thesis, 4.1): it may open a
/// stream, but its messages change nothing and get no answer before voters that this replica knows have vouched for it
/// (Cloudkeeper.Raft, DESIGN.md). A replica that knows no members yet admits every node. A member is admitted from its
/// address in the log, and from nowhere else: a process at another address may have a copy of its data directory, and
/// both would vote under one id. A member that moves is admitted once the move stands in the log.
/// </remarks>
internal sealed class PeerAdmission(PeerIdentity self)
{
    // Nodes that the log does not know yet: those of before its first entry, and those that were vouched for.
    private readonly ConcurrentDictionary<NodeId, (Guid Instance, string Address)> _newcomers = new();
    private readonly ConcurrentDictionary<NodeId, string> _versions = new();
    // The processes of members that are reached at their address in the log, and give another address themselves.
    private readonly ConcurrentDictionary<NodeId, Guid> _proven = new();
    private volatile Membership _committed = Membership.Empty;
    private volatile Membership _newest = Membership.Empty;

    public Membership Committed
    {
        get => _committed;
        set
        {
            if (ReferenceEquals(_committed, value))
            {
                return;
            }

            _committed = value;
            foreach (var known in _newcomers.Keys.Where(id => id.Value <= value.LastId.Value))
            {
                _newcomers.TryRemove(known, out _);
            }

            foreach (var former in _versions.Keys.Where(id => id.Value <= value.LastId.Value && value.Find(id) is null))
            {
                _versions.TryRemove(former, out _);
            }
        }
    }

    /// <summary>In force, and perhaps not committed.</summary>
    public Membership Newest
    {
        set => _newest = value;
    }

    /// <summary>Null: it is admitted.</summary>
    public PeerRefusal? Judge(PeerIdentity peer, NodeId to)
    {
        if (peer.Cluster != self.Cluster)
        {
            return new PeerRefusal(StatusCodes.Status409Conflict, $"This is cluster {self.Cluster:N}.");
        }

        if (to != self.Node)
        {
            return new PeerRefusal(StatusCodes.Status409Conflict, $"This is n{self.Node}.");
        }

        var committed = _committed;
        if (committed.Find(peer.Node) is not { } member)
        {
            return Meet(peer, committed);
        }

        if (member.Instance == Guid.Empty)
        {
            return null;
        }

        if (member.Instance != peer.Instance)
        {
            return new PeerRefusal(StatusCodes.Status409Conflict, $"n{peer.Node} is the member with another data directory.");
        }

        return IsWhereTheLogSays(peer, member) ? null : new PeerRefusal(
            StatusCodes.Status409Conflict,
            $"n{peer.Node} is known at {member.Address}: from {peer.Address} it is admitted once the cluster has agreed to its move.")
        {
            ProofAt = member.Address,
        };
    }

    /// <summary>This process of a member is reached at the address in the log.</summary>
    public void Proven(PeerIdentity peer) => _proven[peer.Node] = peer.Run;

    /// <summary>The version that an admitted member announces, each time it opens a stream.</summary>
    public void Note(PeerIdentity member)
    {
        if (member.Version is { } version
            && (_committed.Find(member.Node) is not null || _newcomers.ContainsKey(member.Node)))
        {
            _versions[member.Node] = version;
        }
    }

    /// <summary>Null: it has not announced it here.</summary>
    public string? VersionOf(NodeId member) => member == self.Node ? self.Version : _versions.GetValueOrDefault(member);

    /// <summary>The address of a node that the log does not know yet; null: unknown.</summary>
    public string? AddressOf(NodeId newcomer) => _newcomers.GetValueOrDefault(newcomer).Address;

    /// <summary>Voters that this replica knows have named a voter that it does not know.</summary>
    public void Vouched(Member voter)
    {
        if (voter.Id.Value > _committed.LastId.Value)
        {
            _newcomers[voter.Id] = (voter.Instance, voter.Address);
        }
    }

    private bool IsWhereTheLogSays(PeerIdentity peer, Member member) =>
        peer.Address == member.Address
        || peer.Address == _newest.Find(peer.Node)?.Address
        || (peer.Run != Guid.Empty && _proven.GetValueOrDefault(peer.Node) == peer.Run);

    private PeerRefusal? Meet(PeerIdentity peer, Membership committed)
    {
        if (peer.Node.Value <= committed.LastId.Value)
        {
            return new PeerRefusal(
                StatusCodes.Status410Gone,
                $"n{peer.Node} was removed from this cluster. An empty data directory lets the node join again as a new member.");
        }

        if (committed.Members.Count == 0 && _newcomers.Count < MembershipCodec.MembersMax)
        {
            _newcomers[peer.Node] = (peer.Instance, peer.Address);
        }

        return _newcomers.TryGetValue(peer.Node, out var known) && known.Instance != peer.Instance
            ? new PeerRefusal(StatusCodes.Status409Conflict, $"n{peer.Node} is the member with another data directory.")
            : null;
    }
}

internal sealed record PeerRefusal(int Status, string Reason)
{
    /// <summary>
    /// Not null: a member at another address than in the log. It is admitted if this one leads to the same process.
    /// </summary>
    public string? ProofAt { get; init; }

    public static PeerRefusal Stalled { get; } =
        new(StatusCodes.Status408RequestTimeout, "Nothing more has come, or next to nothing.");

    /// <summary>Of a message that the replica does not take.</summary>
    public static PeerRefusal Of(StepResult result) => new(StatusCodes.Status400BadRequest, $"Not taken: {result}.");
}
