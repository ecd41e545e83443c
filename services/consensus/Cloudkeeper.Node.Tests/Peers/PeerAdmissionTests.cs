using Cloudkeeper.Node.Peers;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Node.Tests.Peers;

public sealed class PeerAdmissionTests
{
    private static readonly Guid Cluster = new("5d9c7a52-6a0f-4a3e-9a55-0d6a4f1f3c11");
    private static readonly PeerIdentity Self = Peer(1);
    private readonly PeerAdmission _admission = new(Self);

    [Fact]
    public void Members_are_admitted_under_their_own_instance_only()
    {
        _admission.Committed = Members(3, 1, 2);

        Assert.Null(Judge(Peer(2)));
        Assert.Equal(409, Judge(Peer(2) with { Instance = Guid.NewGuid() })?.Status);
        Assert.Equal(409, Judge(Peer(2) with { Cluster = Guid.NewGuid() })?.Status);
        Assert.Equal(409, _admission.Judge(Peer(2), new NodeId(3))?.Status);
    }

    /// <summary>Somewhere else a copy of its disk may run.</summary>
    [Fact]
    public void Members_are_admitted_only_from_their_address_in_the_log()
    {
        var moved = Peer(2) with { Address = "http://elsewhere", Run = Guid.NewGuid() };
        _admission.Committed = Members(3, 1, 2);

        Assert.Equal((409, "http://n2"), (Judge(moved)!.Status, Judge(moved)!.ProofAt));

        // The move is in the log, and not committed yet: it may still be undone.
        _admission.Newest = new Membership(
            [new Member(new NodeId(2), "http://elsewhere", IsVoter: true) { Instance = InstanceOf(2) }], new NodeId(3));
        Assert.Null(Judge(moved));
        Assert.Null(Judge(Peer(2)));
    }

    [Fact]
    public void A_process_that_is_reached_at_its_address_in_the_log_may_give_another()
    {
        var run = Guid.NewGuid();
        _admission.Committed = Members(3, 1, 2);
        var renamed = Peer(2) with { Address = "http://also-n2", Run = run };
        _admission.Proven(renamed);

        Assert.Null(Judge(renamed));
        Assert.Equal(409, Judge(renamed with { Run = Guid.NewGuid() })?.Status);
        Assert.Equal(409, Judge(renamed with { Run = Guid.Empty })?.Status);
    }

    [Fact]
    public void The_versions_of_members_are_known_until_they_are_gone()
    {
        _admission.Committed = Members(3, 1, 2);
        _admission.Note(Peer(2) with { Version = "1.2.0" });
        Assert.Null(Judge(Peer(4)));
        _admission.Vouched(Voter(4));
        _admission.Note(Peer(4) with { Version = "1.3.0" });
        _admission.Note(Peer(3) with { Version = "1.1.0" });
        Assert.Equal("1.2.0", _admission.VersionOf(new NodeId(2)));
        Assert.Null(_admission.VersionOf(new NodeId(3)));

        _admission.Committed = Members(4, 1, 4);
        Assert.Equal("1.3.0", _admission.VersionOf(new NodeId(4)));
        Assert.Null(_admission.VersionOf(new NodeId(2)));
    }

    [Fact]
    public void An_expected_member_is_admitted_with_any_instance()
    {
        _admission.Committed = new Membership([new Member(new NodeId(2), "http://n2", IsVoter: false)]);
        Assert.Null(Judge(Peer(2)));
    }

    [Fact]
    public void A_node_with_a_used_id_that_is_no_member_was_removed()
    {
        _admission.Committed = Members(4, 1, 2);

        var refusal = Judge(Peer(4));

        Assert.Equal(410, refusal?.Status);
        Assert.Contains("n4 was removed", refusal!.Reason, StringComparison.Ordinal);
        Assert.Null(_admission.AddressOf(new NodeId(4)));
    }

    [Fact]
    public void A_node_newer_than_the_log_is_answered_at_its_own_address_until_the_log_names_one()
    {
        Assert.Null(Judge(Peer(7)));
        Assert.Equal("http://n7", _admission.AddressOf(new NodeId(7)));

        _admission.Committed = Members(6, 1, 2);
        Assert.Equal("http://n7", _admission.AddressOf(new NodeId(7)));

        _admission.Committed = Members(7, 1, 2);
        Assert.Null(_admission.AddressOf(new NodeId(7)));
        Assert.Equal(410, Judge(Peer(7))?.Status);
    }

    /// <summary>No address is dialled because a stranger has named it.</summary>
    [Fact]
    public void A_node_newer_than_the_members_is_answered_only_at_the_address_and_disk_that_voters_know()
    {
        _admission.Committed = Members(3, 1, 2, 3);
        Assert.Null(Judge(Peer(7) with { Address = "http://elsewhere" }));
        Assert.Null(_admission.AddressOf(new NodeId(7)));

        _admission.Vouched(Voter(7));

        Assert.Equal("http://n7", _admission.AddressOf(new NodeId(7)));
        Assert.Null(Judge(Peer(7)));
        Assert.Equal(409, Judge(Peer(7) with { Instance = Guid.NewGuid() })?.Status);
    }

    [Fact]
    public void The_identity_of_a_streams_sender_is_read_as_it_was_written()
    {
        var query = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(Peer(2).QueryTo(new NodeId(1)));

        var read = PeerIdentity.Read(new QueryCollection(query));

        Assert.Equal((Peer(2), new NodeId(1)), read);
        query.Remove("instance");
        Assert.Null(PeerIdentity.Read(new QueryCollection(query)));
    }

    private PeerRefusal? Judge(PeerIdentity peer) => _admission.Judge(peer, Self.Node);

    private static PeerIdentity Peer(int id) => new(Cluster, new NodeId(id), InstanceOf(id), $"http://n{id}");

    private static Member Voter(int id) => new(new NodeId(id), $"http://n{id}", IsVoter: true) { Instance = InstanceOf(id) };

    private static Guid InstanceOf(int id) => new(id, 0, 0, new byte[8]);

    private static Membership Members(int lastId, params int[] ids) => new(
        ids.Select(id => new Member(new NodeId(id), $"http://n{id}", IsVoter: true) { Instance = InstanceOf(id) }),
        new NodeId(lastId));
}
