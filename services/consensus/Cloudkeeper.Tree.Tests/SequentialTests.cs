using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Tree.Transactions;
using static Cloudkeeper.Tree.Tests.Machine;

namespace Cloudkeeper.Tree.Tests;

public sealed class SequentialTests
{
    private readonly Machine _machine = new();

    [Fact]
    public void The_number_counts_the_creations_of_all_children_of_the_parent()
    {
        _machine.Put("/q");
        Assert.Equal("/q/n-0000000000", Create("n-"));
        _machine.Put("/q/plain");
        Assert.Equal("/q/other-0000000002", Create("other-"));
        Assert.Equal("/q/0000000003", Create(""));
    }

    [Fact]
    public void The_number_survives_the_deletion_of_all_children()
    {
        _machine.Put("/q");
        Create("n-");
        Create("n-");
        _machine.Delete("/q/n-0000000000");
        _machine.Delete("/q/n-0000000001");
        Assert.Equal("/q/n-0000000002", Create("n-"));
    }

    [Theory]
    [InlineData(0, "0000000000")]
    [InlineData(7, "0000000007")]
    [InlineData(int.MaxValue, "2147483647")]
    [InlineData(-1, "-000000001")]
    [InlineData(int.MinValue, "-2147483648")]
    public void The_number_is_printed_as_c_does_it(int number, string printed) =>
        Assert.Equal(printed, NodeRules.Sequence(number));

    [Fact]
    public void Parents_are_created_on_demand()
    {
        _machine.Refuses(ResultCode.ParentNotFound, new CreateSequentialOperation("/a/b", "n-", Bytes(""), "t"));
        var result = _machine.Run(new CreateSequentialOperation("/a/b", "n-", Bytes(""), "t", Parents: true));
        Assert.Equal("/a/b/n-0000000000", Body<NodeResult>(result).Path);
    }

    [Fact]
    public void A_name_that_is_taken_is_refused()
    {
        _machine.Put("/q");
        _machine.Put("/q/n-0000000001");
        _machine.Refuses(ResultCode.NodeExists, new CreateSequentialOperation("/q", "n-", Bytes(""), "t"));
    }

    [Fact]
    public void A_prefix_is_part_of_one_name()
    {
        _machine.Put("/q");
        _machine.Put("/q/x");
        _machine.Refuses(ResultCode.InvalidPath, new CreateSequentialOperation("/q", "x/", Bytes(""), "t"));
        _machine.Refuses(ResultCode.InvalidPath, new CreateSequentialOperation("/q", "\n", Bytes(""), "t"));
        _machine.Refuses(ResultCode.InvalidPath, new CreateSequentialOperation("/q", new string('x', 1020), Bytes(""), "t"));
    }

    [Fact]
    public void A_sequential_node_can_be_ephemeral()
    {
        var session = _machine.OpenSession();
        _machine.Put("/q");
        var operation = new CreateSequentialOperation("/q", "n-", Bytes(""), "t", NodeKind.Ephemeral, session);
        Assert.Equal(session, Body<NodeResult>(_machine.Run(operation)).Stat!.Value.EphemeralOwner);
        _machine.Run(new CloseSessionCommand(session));
        Assert.Empty(_machine.Children("/q"));
    }

    private string Create(string prefix) =>
        Body<NodeResult>(_machine.Run(new CreateSequentialOperation("/q", prefix, Bytes(""), "t"))).Path;
}
