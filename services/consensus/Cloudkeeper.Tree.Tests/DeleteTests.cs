using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;
using static Cloudkeeper.Tree.Tests.Machine;

namespace Cloudkeeper.Tree.Tests;

public sealed class DeleteTests
{
    private readonly Machine _machine = new();

    [Fact]
    public void A_deleted_node_is_gone_and_its_deletion_remembered()
    {
        _machine.Put("/a");
        var result = _machine.Delete("/a");
        Assert.Equal(ResultCode.Ok, result.Code);
        Assert.Null(Assert.IsType<NodeResult>(result.Body).Stat);
        var absent = _machine.Get("/a");
        Assert.Equal((ResultCode.NodeNotFound, new Revision(2)), (absent.Code, absent.AbsentSince));
        Assert.Equal(Revision.Zero, _machine.Get("/never").AbsentSince);
        var children = (ReadChildrenResult)_machine.State.Read(new ReadChildrenRequest("/a", "", 10, false));
        Assert.Equal((ResultCode.NodeNotFound, new Revision(2)), (children.Code, children.AbsentSince));
    }

    [Fact]
    public void A_node_created_again_starts_over()
    {
        _machine.Put("/a", "one");
        _machine.Put("/a", "two");
        _machine.Delete("/a");
        _machine.Put("/a");
        Assert.Equal((0, new Revision(4)), (_machine.Stat("/a").Version, _machine.Stat("/a").CreatedRevision));
    }

    [Fact]
    public void The_root_cannot_be_deleted()
    {
        _machine.Refuses(ResultCode.InvalidOperation, new DeleteOperation("/"));
        _machine.Refuses(ResultCode.InvalidOperation, new DeleteOperation("/", Recursive: true));
    }

    [Fact]
    public void Conditions_are_judged_before_the_children()
    {
        _machine.Put("/a");
        _machine.Put("/a/b");
        _machine.Refuses(ResultCode.NodeNotFound, new DeleteOperation("/no"));
        _machine.Refuses(ResultCode.RevisionMismatch, new DeleteOperation("/a", IfRevision: new Revision(9)));
        _machine.Refuses(ResultCode.VersionMismatch, new DeleteOperation("/a", IfVersion: 3));
        _machine.Refuses(ResultCode.HasChildren, new DeleteOperation("/a", IfRevision: new Revision(1), IfVersion: 0));
    }

    [Fact]
    public void A_recursive_deletion_takes_all_below_in_one_revision()
    {
        var session = _machine.OpenSession();
        foreach (var path in (string[])["/a", "/a-b", "/a/b", "/a/b/c", "/a/d"])
        {
            _machine.Put(path);
        }

        _machine.PutEphemeral("/a/e", session);
        _machine.Delete("/a", recursive: true);
        Assert.Equal(["a-b"], _machine.Children("/"));
        Assert.Equal(2, _machine.State.NodeCount);
        Assert.Equal(["/a", "/a/b", "/a/b/c", "/a/d", "/a/e"], Paths(_machine.LastChange()));
        Assert.All(_machine.LastChange().Changes, change => Assert.Equal(ChangeType.Deleted, change.Type));
        Assert.Equal(_machine.State.Revision, _machine.Get("/a/b/c").AbsentSince);
        Assert.Empty(((ReadSessionResult)_machine.State.Read(new ReadSessionRequest(session))).Ephemerals);
    }
}
