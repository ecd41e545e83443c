using Cloudkeeper.Node.Peers;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Node.Tests.Peers;

public sealed class PeerAdmissionTests
{
    private static readonly Guid Cluster = new("5d9c7a52-6a0f-4a3e-9a55-0d6a4f1f3c11");
    private static readonly PeerIdentity Self = Peer(1);
    private readonly PeerAdmission _admission = new(Self);

    [Fact]
    public void Members_are_heard_under_their_own_instance_only()
    {
        _admission.Committed = Members(3, 1, 2);

        Assert.Null(Judge(Peer(2)));
        Assert.Equal(409, Judge(Peer(2) with { Instance = Guid.NewGuid() })?.Status);
        Assert.Equal(409, Judge(Peer(2) with { Cluster = Guid.NewGuid() })?.Status);
        Assert.Equal(409, _admission.Judge(Peer(2), new NodeId(3))?.Status);
    }

    /// <summary>Somewhere else a copy of its disk may run.</summary>
    [Fact]
    public void Members_are_heard_only_from_where_the_log_says_that_they_are()
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
    public void A_process_that_is_reached_where_the_log_says_may_give_another_address()
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
    public void What_members_say_of_their_programs_is_known_until_they_are_gone()
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
    public void An_expected_member_is_heard_whatever_its_instance()
    {
        _admission.Committed = new Membership([new Member(new NodeId(2), "http://n2", IsVoter: false)]);
        Assert.Null(Judge(Peer(2)));
    }

    [Fact]
    public void Who_had_an_id_and_is_no_member_was_removed()
    {
        _admission.Committed = Members(4, 1, 2);

        var refusal = Judge(Peer(4));

        Assert.Equal(410, refusal?.Status);
        Assert.Contains("n4 was removed", refusal!.Reason, StringComparison.Ordinal);
        Assert.Null(_admission.AddressOf(new NodeId(4)));
    }

    [Fact]
    public void Somebody_newer_than_the_log_is_heard_and_answered_where_it_says_until_the_log_knows_better()
    {
        Assert.Null(Judge(Peer(7)));
        Assert.Equal("http://n7", _admission.AddressOf(new NodeId(7)));

        _admission.Committed = Members(6, 1, 2);
        Assert.Equal("http://n7", _admission.AddressOf(new NodeId(7)));

        _admission.Committed = Members(7, 1, 2);
        Assert.Null(_admission.AddressOf(new NodeId(7)));
        Assert.Equal(410, Judge(Peer(7))?.Status);
    }

    /// <summary>Nobody is dialled because a stranger has named an address.</summary>
    [Fact]
    public void Who_is_newer_than_the_members_is_answered_only_where_voters_say_and_with_the_disk_that_they_know()
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
    public void What_a_stream_says_of_its_sender_is_read_as_it_was_written()
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
