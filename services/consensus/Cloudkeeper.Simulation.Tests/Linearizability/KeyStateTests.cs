using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Invariants.Linearizability;

namespace Cloudkeeper.Simulation.Tests.Linearizability;

/// <summary>The sequential model of one node: which result fits which state.</summary>
public sealed class KeyStateTests
{
    private const string Path = "/keys/1";

    private static readonly byte[] Value = [1, 2];
    private static readonly KeyState There = new(true, 2, new Revision(5), Hash.Of(Value));

    [Fact]
    public void A_put_creates_and_replaces()
    {
        Assert.Equal(new KeyState(true, 0, new Revision(7), Hash.Of(Value)), Write(default, Put()));
        Assert.Equal(new KeyState(true, 3, new Revision(7), Hash.Of(Value)), Write(There, Put()));
    }

    [Fact]
    public void A_put_is_answered_with_its_version()
    {
        Assert.NotNull(There.Write(Put(), ResultCode.Ok, new Revision(7), Stat(version: 3, revision: 7)));
        Assert.Null(There.Write(Put(), ResultCode.Ok, new Revision(7), Stat(version: 4, revision: 7)));
        Assert.Null(There.Write(Put(), ResultCode.Ok, new Revision(7), Stat(version: 3, revision: 6)));
    }

    [Fact]
    public void A_creation_wants_nothing_there()
    {
        var create = Put() with { Mode = WriteMode.Create };
        Assert.NotNull(Write(default, create));
        Assert.Null(Write(There, create));
        Assert.Equal(There, Write(There, create, ResultCode.NodeExists));
        Assert.Null(Write(default, create, ResultCode.NodeExists));
    }

    [Fact]
    public void A_condition_that_holds_is_not_refused_and_the_other_way_round()
    {
        var right = Put() with { Mode = WriteMode.Set, IfRevision = new Revision(5), IfVersion = 2 };
        Assert.NotNull(Write(There, right));
        Assert.Null(Write(There, right, ResultCode.RevisionMismatch));
        Assert.Null(Write(There, right with { IfVersion = 3 }));
        Assert.Equal(There, Write(There, right with { IfVersion = 3 }, ResultCode.VersionMismatch));
        Assert.Equal(There, Write(There, right with { IfRevision = new Revision(4) }, ResultCode.RevisionMismatch));
        Assert.Equal(default(KeyState), Write(default, right, ResultCode.NodeNotFound));
    }

    [Fact]
    public void A_deletion_leaves_nothing()
    {
        Assert.Equal(default(KeyState), There.Delete(new DeleteOperation(Path), ResultCode.Ok));
        Assert.Null(default(KeyState).Delete(new DeleteOperation(Path), ResultCode.Ok));
        Assert.Null(There.Delete(new DeleteOperation(Path), ResultCode.NodeNotFound));
        Assert.Equal(default(KeyState), default(KeyState).Delete(new DeleteOperation(Path), ResultCode.NodeNotFound));
    }

    [Fact]
    public void A_read_sees_the_present_value()
    {
        Assert.Equal(There, There.Read(Stat(2, 5), Value));
        Assert.Null(There.Read(Stat(1, 5), Value));
        Assert.Null(There.Read(Stat(2, 4), Value));
        Assert.Null(There.Read(Stat(2, 5), new byte[] { 9 }));
        Assert.Null(There.Read(stat: null, default));
        Assert.Null(default(KeyState).Read(Stat(2, 5), Value));
    }

    private static KeyState? Write(KeyState state, WriteOperation write, ResultCode code = ResultCode.Ok) =>
        state.Write(write, code, new Revision(7), told: null);

    private static WriteOperation Put() => new(Path, Value, "text/plain");

    private static NodeStat Stat(int version, long revision) =>
        new() { Version = version, ModifiedRevision = new Revision(revision) };
}
