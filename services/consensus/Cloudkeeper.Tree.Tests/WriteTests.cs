using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using static Cloudkeeper.Tree.Tests.Machine;

namespace Cloudkeeper.Tree.Tests;

public sealed class WriteTests
{
    private readonly Machine _machine = new();

    [Fact]
    public void The_root_is_there_from_the_start()
    {
        var stat = _machine.Stat("/");
        Assert.Equal(0, stat.ChildCount);
        Assert.Equal(NodeKind.Persistent, stat.Kind);
        Assert.Equal(Revision.Zero, _machine.State.Revision);
        Assert.Equal(1, _machine.State.NodeCount);
    }

    [Fact]
    public void A_created_node_has_the_stat_that_zookeeper_gives_it()
    {
        _machine.Put("/other");
        var result = _machine.Put("/a", "one");
        var body = Body<NodeResult>(result);
        Assert.True(body.Created);
        Assert.Equal("/a", body.Path);
        Assert.Equal(new Revision(2), result.Revision);
        Assert.Equal(
            new NodeStat(new(2), new(2), new(2), Start, Start, 0, 0, 0, NodeKind.Persistent, null, 0, 3, 0),
            body.Stat);
        Assert.Equal(body.Stat, _machine.Get("/a").Stat);
        Assert.Equal("one", Text(_machine.Get("/a").Value));
        Assert.Equal("text/plain", _machine.Get("/a").ContentType);
    }

    [Fact]
    public void A_replaced_value_counts_up_the_version_and_leaves_the_parent_alone()
    {
        _machine.Put("/a");
        _machine.Put("/a/b", "one");
        var parent = _machine.Stat("/a");
        _machine.Now += 5;
        var body = Body<NodeResult>(_machine.Put("/a/b", "second"));
        Assert.False(body.Created);
        Assert.Equal(1, body.Stat!.Value.Version);
        Assert.Equal(new Revision(2), body.Stat.Value.CreatedRevision);
        Assert.Equal(new Revision(3), body.Stat.Value.ModifiedRevision);
        Assert.Equal(new Revision(2), body.Stat.Value.ChildrenRevision);
        Assert.Equal(Start, body.Stat.Value.CreatedAt);
        Assert.Equal(Start + 5, body.Stat.Value.ModifiedAt);
        Assert.Equal(6, body.Stat.Value.DataLength);
        Assert.Equal(parent, _machine.Stat("/a"));
    }

    [Fact]
    public void Creating_and_deleting_a_child_moves_the_parents_children_revision_and_version_only()
    {
        _machine.Put("/a");
        var created = _machine.Stat("/a");
        _machine.Put("/a/b");
        Assert.Equal(
            created with { ChildrenRevision = new Revision(2), ChildrenVersion = 1, ChildCount = 1 }, _machine.Stat("/a"));
        _machine.Delete("/a/b");
        Assert.Equal(
            created with { ChildrenRevision = new Revision(3), ChildrenVersion = 2, ChildCount = 0 }, _machine.Stat("/a"));
    }

    [Fact]
    public void Writing_the_same_value_is_a_change()
    {
        _machine.Put("/a", "same");
        _machine.Put("/a", "same");
        Assert.Equal(new Revision(2), _machine.State.Revision);
        Assert.Equal(1, _machine.Stat("/a").Version);
    }

    [Fact]
    public void The_value_of_the_root_can_be_set()
    {
        Assert.False(Body<NodeResult>(_machine.Put("/", "top")).Created);
        Assert.Equal("top", Text(_machine.Get("/").Value));
    }

    [Fact]
    public void A_missing_parent_refuses_the_write_unless_parents_are_asked_for()
    {
        _machine.Refuses(ResultCode.ParentNotFound, new WriteOperation("/a/b/c", Bytes("x"), "t"));
        Body<NodeResult>(_machine.Run(new WriteOperation("/a/b/c", Bytes("x"), "t", Parents: true)));
        Assert.Equal(new Revision(1), _machine.State.Revision);
        Assert.Equal(0, _machine.Stat("/a/b").DataLength);
        Assert.Equal(NodeKind.Persistent, _machine.Stat("/a").Kind);
    }

    [Fact]
    public void Create_refuses_an_existing_node_and_shows_it()
    {
        _machine.Put("/a", "one");
        var result = _machine.Refuses(ResultCode.NodeExists, new WriteOperation("/a", Bytes("x"), "t", WriteMode.Create));
        Assert.Equal(_machine.Stat("/a"), Assert.IsType<NodeResult>(result.Body).Stat);
    }

    [Fact]
    public void Set_needs_the_node()
    {
        _machine.Refuses(ResultCode.NodeNotFound, new WriteOperation("/a/b", Bytes("x"), "t", WriteMode.Set));
        _machine.Put("/a");
        Body<NodeResult>(_machine.Run(new WriteOperation("/a", Bytes("x"), "t", WriteMode.Set)));
    }

    [Theory]
    [InlineData(1L, null)]
    [InlineData(null, 0)]
    [InlineData(null, -1)]
    public void A_condition_on_an_absent_node_finds_no_node(long? revision, int? version)
    {
        var ifRevision = revision is { } wanted ? new Revision(wanted) : (Revision?)null;
        _machine.Refuses(
            ResultCode.NodeNotFound,
            new WriteOperation("/no/such", Bytes("x"), "t", IfRevision: ifRevision, IfVersion: version, Parents: true));
    }

    [Fact]
    public void A_revision_that_does_not_match_is_refused_with_the_present_state()
    {
        _machine.Put("/a");
        _machine.Put("/a", "two");
        var result = _machine.Refuses(
            ResultCode.RevisionMismatch, new WriteOperation("/a", Bytes("x"), "t", IfRevision: new Revision(1)));
        Assert.Equal(_machine.Stat("/a"), Assert.IsType<NodeResult>(result.Body).Stat);
        Body<NodeResult>(_machine.Run(new WriteOperation("/a", Bytes("x"), "t", IfRevision: new Revision(2))));
    }

    [Fact]
    public void A_version_that_does_not_match_is_refused_and_minus_one_is_any()
    {
        _machine.Put("/a");
        var result = _machine.Refuses(
            ResultCode.VersionMismatch, new WriteOperation("/a", Bytes("x"), "t", IfVersion: 1));
        Assert.Equal(0, Assert.IsType<NodeResult>(result.Body).Stat!.Value.Version);
        Body<NodeResult>(_machine.Run(new WriteOperation("/a", Bytes("x"), "t", IfVersion: 0)));
        Body<NodeResult>(_machine.Run(new WriteOperation("/a", Bytes("x"), "t", IfVersion: -1)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("/a/")]
    [InlineData("//a")]
    [InlineData("/a/../b")]
    [InlineData("/a\u0001")]
    [InlineData("/\ud800")]
    public void A_path_that_zookeeper_refuses_is_refused(string path)
    {
        _machine.Refuses(ResultCode.InvalidPath, new WriteOperation(path, Bytes(""), "t"));
        _machine.Refuses(ResultCode.InvalidPath, new DeleteOperation(path));
        _machine.Refuses(ResultCode.InvalidPath, new GetOperation(path));
        _machine.Refuses(ResultCode.InvalidPath, new AddOperation(path, 1));
        _machine.Refuses(ResultCode.InvalidPath, new CreateSequentialOperation(path, "", Bytes(""), "t"));
        Assert.Equal(ResultCode.InvalidPath, _machine.Get(path).Code);
    }

    [Fact]
    public void Too_large_parts_are_refused()
    {
        var tooLarge = new byte[Limits.ValueBytesMax + 1];
        _machine.Refuses(ResultCode.ValueTooLarge, new WriteOperation("/a", tooLarge, "t"));
        _machine.Refuses(ResultCode.ValueTooLarge, new CreateSequentialOperation("/", "", tooLarge, "t"));
        _machine.Refuses(ResultCode.InvalidOperation, new WriteOperation("/a", Bytes(""), new string('t', 257)));
    }

    [Fact]
    public void A_node_keeps_its_kind()
    {
        var session = _machine.OpenSession();
        _machine.Put("/p");
        _machine.PutEphemeral("/e", session);
        _machine.Run(new WriteOperation("/c", Bytes(""), "t", Kind: NodeKind.Container, KindGiven: true));
        Assert.Equal(ResultCode.KindMismatch, _machine.PutEphemeral("/p", session).Code);
        Assert.Equal(
            ResultCode.KindMismatch,
            _machine.Run(new WriteOperation("/e", Bytes(""), "t", Kind: NodeKind.Container, KindGiven: true)).Code);
        Body<NodeResult>(_machine.Put("/e", "new"));
        Body<NodeResult>(_machine.Put("/c", "new"));
        Assert.Equal(NodeKind.Ephemeral, _machine.Stat("/e").Kind);
        Assert.Equal(NodeKind.Container, _machine.Stat("/c").Kind);
    }

    [Fact]
    public void An_ephemeral_node_keeps_its_owner()
    {
        var first = _machine.OpenSession();
        var second = _machine.OpenSession();
        _machine.PutEphemeral("/e", first);
        Body<NodeResult>(_machine.PutEphemeral("/e", first, "again"));
        Assert.Equal(ResultCode.KindMismatch, _machine.PutEphemeral("/e", second).Code);
        Assert.Equal(first, _machine.Stat("/e").EphemeralOwner);
    }

    [Fact]
    public void An_ephemeral_node_has_no_children()
    {
        _machine.PutEphemeral("/e", _machine.OpenSession());
        _machine.Refuses(ResultCode.EphemeralParent, new WriteOperation("/e/x", Bytes(""), "t"));
        _machine.Refuses(ResultCode.EphemeralParent, new WriteOperation("/e/x/y", Bytes(""), "t", Parents: true));
        _machine.Refuses(ResultCode.EphemeralParent, new CreateSequentialOperation("/e", "", Bytes(""), "t"));
    }

    [Fact]
    public void A_ttl_can_be_changed_and_stays_when_none_is_given()
    {
        var ttl = new WriteOperation("/t", Bytes(""), "t", Kind: NodeKind.Ttl, KindGiven: true, TtlMilliseconds: 5_000);
        _machine.Run(ttl);
        _machine.Put("/t");
        Assert.Equal(5_000, _machine.Stat("/t").TtlMilliseconds);
        _machine.Run(ttl with { TtlMilliseconds = 7_000 });
        Assert.Equal(7_000, _machine.Stat("/t").TtlMilliseconds);
    }

    [Fact]
    public void A_kind_with_foreign_members_is_refused()
    {
        var session = _machine.OpenSession();
        var write = new WriteOperation("/a", Bytes(""), "t", KindGiven: true);
        _machine.Refuses(ResultCode.InvalidOperation, write with { Kind = NodeKind.Ephemeral });
        _machine.Refuses(ResultCode.InvalidOperation, write with { Kind = NodeKind.Ttl });
        _machine.Refuses(ResultCode.InvalidOperation, write with { Kind = NodeKind.Ttl, TtlMilliseconds = 1L << 40 });
        _machine.Refuses(ResultCode.InvalidOperation, write with { Kind = NodeKind.Persistent, Session = session });
        _machine.Refuses(ResultCode.InvalidOperation, write with { Kind = NodeKind.Container, TtlMilliseconds = 1 });
        _machine.Refuses(ResultCode.InvalidOperation, write with { Kind = (NodeKind)9 });
    }
}
