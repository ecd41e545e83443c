using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using static Cloudkeeper.Tree.Tests.Machine;

namespace Cloudkeeper.Tree.Tests;

public sealed class IdleNodeTests
{
    private readonly Machine _machine = new();

    [Fact]
    public void A_container_is_due_when_it_had_a_child_and_has_none()
    {
        Write("/c", NodeKind.Container);
        Assert.Empty(Due());
        _machine.Put("/c/x");
        Assert.Empty(Due());
        _machine.Delete("/c/x");
        Assert.Equal(["/c"], Due().Select(node => node.Path));
        _machine.Put("/c/y");
        Assert.Empty(Due());
    }

    [Fact]
    public void A_ttl_node_is_due_when_it_was_not_changed_for_its_ttl_and_has_no_children()
    {
        Write("/t", NodeKind.Ttl, 5_000);
        _machine.Now += 4_999;
        Assert.Empty(Due());
        _machine.Put("/t");
        _machine.Now += 4_999;
        Assert.Empty(Due());
        _machine.Put("/t/x");
        _machine.Now += 10_000;
        Assert.Empty(Due());
        _machine.Delete("/t/x");
        Assert.Equal(["/t"], Due().Select(node => node.Path));
    }

    [Fact]
    public void Due_nodes_come_in_order_and_in_portions()
    {
        Write("/late", NodeKind.Ttl, 3_000);
        Write("/early", NodeKind.Ttl, 1_000);
        Write("/middle", NodeKind.Ttl, 2_000);
        Write("/far", NodeKind.Ttl, 9_000);
        _machine.Now += 5_000;
        Assert.Equal(["/early", "/middle", "/late"], Due().Select(node => node.Path));
        Assert.Equal(["/early", "/middle"], Due(countMax: 2).Select(node => node.Path));
    }

    [Fact]
    public void Nodes_of_one_transaction_that_are_due_together_are_kept_apart()
    {
        _machine.Put("/a");
        _machine.Put("/b");
        var ttl = new WriteOperation("", Bytes(""), "t", Kind: NodeKind.Ttl, KindGiven: true, TtlMilliseconds: 1_000);
        _machine.Transact(ttl with { Path = "/b/t" }, ttl with { Path = "/a/t" });
        _machine.Now += 1_000;
        Assert.Equal(["/a/t", "/b/t"], Due().Select(node => node.Path));
        _machine.Delete("/b/t");
        Assert.Equal(["/a/t"], Due().Select(node => node.Path));
    }

    [Fact]
    public void Nodes_that_are_still_idle_go_in_one_revision()
    {
        Write("/c", NodeKind.Container);
        _machine.Put("/c/x");
        _machine.Delete("/c/x");
        Write("/t", NodeKind.Ttl, 1_000);
        _machine.Now += 1_000;
        var result = _machine.Run(new RemoveIdleNodesCommand(1, Due()));
        Assert.Equal(["/c", "/t"], Paths(_machine.LastChange()));
        Assert.Equal(result.Revision, _machine.LastChange().Revision);
        Assert.Empty(Due());
    }

    [Fact]
    public void A_node_that_was_used_since_the_decision_stays()
    {
        Write("/c", NodeKind.Container);
        Write("/d", NodeKind.Container);
        Write("/t", NodeKind.Ttl, 1_000);
        foreach (var path in (string[])["/c/x", "/d/x"])
        {
            _machine.Put(path);
            _machine.Delete(path);
        }

        _machine.Now += 1_000;
        var decided = Due();
        Assert.Equal(3, decided.Count);
        _machine.Put("/c/x");
        _machine.Put("/d/y");
        _machine.Delete("/d/y");
        _machine.Put("/t");
        var before = _machine.State.Revision;
        Assert.Equal(ResultCode.Ok, _machine.Run(new RemoveIdleNodesCommand(1, decided)).Code);
        Assert.Equal(before, _machine.State.Revision);
    }

    [Fact]
    public void A_decision_of_another_term_or_before_its_time_is_void()
    {
        Write("/t", NodeKind.Ttl, 1_000);
        var early = new List<IdleNode>();
        _machine.State.CollectIdleNodes(1, new EntryStamp(Start + 5_000), 10, early);
        _machine.Run(new RemoveIdleNodesCommand(1, early));
        _machine.Now += 1_000;
        _machine.Run(new RemoveIdleNodesCommand(7, early));
        Assert.Equal(ResultCode.Ok, _machine.Get("/t").Code);
        _machine.Run(new RemoveIdleNodesCommand(1, early));
        Assert.Equal(ResultCode.NodeNotFound, _machine.Get("/t").Code);
    }

    private void Write(string path, NodeKind kind, long ttl = 0) => _machine.Run(
        new WriteOperation(path, Bytes(""), "t", Kind: kind, KindGiven: true, TtlMilliseconds: ttl));

    private List<IdleNode> Due(int countMax = 100)
    {
        var due = new List<IdleNode>();
        _machine.State.CollectIdleNodes(1, new EntryStamp(_machine.Now), countMax, due);
        return due;
    }
}
