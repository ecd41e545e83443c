using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;
using static Cloudkeeper.Tree.Tests.Machine;

namespace Cloudkeeper.Tree.Tests;

public sealed class TransactionTests
{
    private readonly Machine _machine = new();

    [Fact]
    public void All_operations_are_one_revision_and_later_ones_see_earlier_ones()
    {
        var result = _machine.Transact(
            new WriteOperation("/a", Bytes("1"), "t", WriteMode.Create),
            new WriteOperation("/a/b", Bytes("2"), "t", WriteMode.Create),
            new CreateSequentialOperation("/a", "n-", Bytes(""), "t"),
            new CreateSequentialOperation("/a", "n-", Bytes(""), "t"),
            new WriteOperation("/a/b", Bytes("3"), "t", WriteMode.Set, IfVersion: 0),
            new GetOperation("/a/b"),
            new GetOperation("/no"),
            new AddOperation("/a/count", 5),
            new DeleteOperation("/a/n-0000000001"));
        var body = Body<TransactionResult>(result);
        Assert.Equal((true, 9, -1), (body.Succeeded, body.Results.Count, body.FailedIndex));
        Assert.Equal("/a/n-0000000002", ((NodeResult)body.Results[3]).Path);
        var read = (GetResult)body.Results[5];
        Assert.Equal(("3", 1), (Text(read.Value), read.Stat!.Value.Version));
        Assert.Null(((GetResult)body.Results[6]).Stat);
        Assert.Equal(5, ((CounterResult)body.Results[7]).Value);
        Assert.Equal(new Revision(1), _machine.State.Revision);
        Assert.Equal(["b", "count", "n-0000000002"], _machine.Children("/a"));
    }

    [Fact]
    public void A_failing_operation_undoes_all_without_a_trace()
    {
        var session = _machine.OpenSession();
        _machine.Put("/a", "one");
        _machine.Put("/a/b");
        _machine.PutEphemeral("/a/e", session);
        _machine.Run(new WriteOperation("/c", Bytes(""), "t", Kind: NodeKind.Container, KindGiven: true));
        _machine.Put("/c/x");
        var children = _machine.Children("/a");
        var stat = _machine.Stat("/a");
        var digest = _machine.State.Digest;
        var operations = new Operation[]
        {
            new WriteOperation("/a", Bytes("two"), "u"),
            new CreateSequentialOperation("/a", "n-", Bytes(""), "t"),
            new DeleteOperation("/c", Recursive: true),
            new WriteOperation("/c", Bytes("other"), "t"),
            new DeleteOperation("/a", Recursive: true),
            new WriteOperation("/a/deep/down", Bytes(""), "t", Parents: true),
            new DeleteOperation("/nothing/there"),
        };
        var results = new List<CommandResult>();
        var batch = new CommandBatch(LaneId.None, 0, [Request(new TransactionCommand([], operations, []))]);
        var twin = new Machine();
        Replay(twin);
        Assert.Equal(digest, twin.State.Digest);
        _machine.State.Apply(_machine.Index + 1, 1, Start, [batch], results);
        twin.State.Apply(twin.Index + 1, 1, Start, [], []);

        var failed = Assert.IsType<TransactionResult>(results[0].Body);
        Assert.Equal(ResultCode.TransactionFailed, results[0].Code);
        Assert.Equal((6, ResultCode.NodeNotFound), (failed.FailedIndex, failed.OperationCode));
        Assert.Equal(twin.State.Digest, _machine.State.Digest);
        Assert.Equal(children, _machine.Children("/a"));
        Assert.Equal(stat, _machine.Stat("/a"));
        Assert.Equal("one", Text(_machine.Get("/a").Value));
        Assert.Equal(session, _machine.Stat("/a/e").EphemeralOwner);
    }

    [Fact]
    public void Conditions_decide_the_branch_at_the_start()
    {
        _machine.Put("/a", "one");
        Assert.True(Branch(new Condition("/a", Exists: true, Revision: new Revision(1), Version: 0, Value: Bytes("one"))));
        Assert.True(Branch(new Condition("/b", Exists: false)));
        Assert.True(Branch(new Condition("/a", Version: -1)));
        Assert.True(Branch());
        Assert.False(Branch(new Condition("/a", Exists: false)));
        Assert.False(Branch(new Condition("/b", Exists: true)));
        Assert.False(Branch(new Condition("/b")));
        Assert.False(Branch(new Condition("/b", Version: -1)));
        Assert.False(Branch(new Condition("/a", Revision: new Revision(2))));
        Assert.False(Branch(new Condition("/a", Version: 1)));
        Assert.False(Branch(new Condition("/a", Value: Bytes("two"))));
        Assert.False(Branch(new Condition("/a"), new Condition("/b")));
    }

    [Fact]
    public void A_transaction_that_changes_nothing_takes_no_revision()
    {
        Body<TransactionResult>(_machine.Transact(new GetOperation("/")));
        Body<TransactionResult>(_machine.Transact());
        var result = _machine.Transact(new WriteOperation("/a", Bytes(""), "t"), new DeleteOperation("/a"));
        Body<TransactionResult>(result);
        Assert.Equal(Revision.Zero, _machine.State.Revision);
        Assert.Equal(0, _machine.Stat("/").ChildrenVersion);
    }

    [Fact]
    public void The_net_effect_is_one_change_per_path_in_order()
    {
        _machine.Put("/a", "one");
        _machine.Put("/d", "old");
        _machine.Put("/z", "last");
        _machine.Transact(
            new WriteOperation("/z", Bytes("x"), "t"),
            new WriteOperation("/z", Bytes("y"), "t"),
            new DeleteOperation("/a"),
            new WriteOperation("/a", Bytes("again"), "t"),
            new WriteOperation("/c", Bytes("passing"), "t"),
            new DeleteOperation("/c"),
            new WriteOperation("/b", Bytes("new"), "t"),
            new DeleteOperation("/d"));
        var set = _machine.LastChange();
        Assert.Equal(
            [(ChangeType.Changed, "/a"), (ChangeType.Created, "/b"), (ChangeType.Deleted, "/d"), (ChangeType.Changed, "/z")],
            set.Changes.Select(change => (change.Type, change.Path)));
        Assert.Equal("one", Text(set.Changes[0].Previous!.Value));
        Assert.Equal("again", Text(set.Changes[0].Value!.Value));
        Assert.Equal(set.Revision, set.Changes[0].Stat.CreatedRevision);
        Assert.Null(set.Changes[1].Previous);
        Assert.Null(set.Changes[2].Value);
        Assert.Equal("old", Text(set.Changes[2].Previous!.Value));
        Assert.Equal(("last", 0), (Text(set.Changes[3].Previous!.Value), set.Changes[3].Previous!.Version));
        Assert.Equal(("y", 2), (Text(set.Changes[3].Value!.Value), set.Changes[3].Stat.Version));
        Assert.Equal((new Revision(3), new Revision(4)), (set.Previous, set.Revision));
    }

    [Fact]
    public void Limits_hold_at_apply_too()
    {
        var many = Enumerable.Repeat<Operation>(new GetOperation("/"), Limits.TransactionOperationsMax + 1).ToArray();
        _machine.Refuses(ResultCode.InvalidOperation, new TransactionCommand([], many, []));
        _machine.Refuses(ResultCode.InvalidOperation, new TransactionCommand([], [], many));
        _machine.Refuses(ResultCode.InvalidPath, new TransactionCommand([new Condition("a")], [], []));
        _machine.Run(new WriteOperation("/big", new byte[Limits.ValueBytesMax], "t"));
        var reads = Enumerable.Repeat<Operation>(new GetOperation("/big"), 5).ToArray();
        var result = _machine.Refuses(ResultCode.TransactionFailed, new TransactionCommand([], reads, []));
        var body = Assert.IsType<TransactionResult>(result.Body);
        Assert.Equal((4, ResultCode.ValueTooLarge), (body.FailedIndex, body.OperationCode));
    }

    [Theory]
    [InlineData("12", 5, 17)]
    [InlineData("-3", 3, 0)]
    [InlineData("9007199254740991", 1, 9007199254740992)]
    public void A_counter_adds(string present, long amount, long sum)
    {
        _machine.Put("/n", present);
        var body = Body<CounterResult>(_machine.Run(new AddOperation("/n", amount)));
        Assert.Equal(sum, body.Value);
        Assert.Equal(1, body.Stat.Version);
        Assert.Equal(sum.ToString(System.Globalization.CultureInfo.InvariantCulture), Text(_machine.Get("/n").Value));
    }

    [Fact]
    public void A_counter_is_created_at_zero_with_its_parents()
    {
        Assert.Equal(0, Body<CounterResult>(_machine.Run(new AddOperation("/x/y", 0))).Value);
        Assert.Equal("text/plain", _machine.Get("/x/y").ContentType);
    }

    [Fact]
    public void A_counter_stays_exact_and_a_number()
    {
        _machine.Put("/n", "9007199254740992");
        _machine.Put("/text", "abc");
        _machine.Put("/empty");
        _machine.Put("/far", "9007199254740993");
        _machine.Refuses(ResultCode.CounterOverflow, new AddOperation("/n", 1));
        _machine.Refuses(ResultCode.CounterOverflow, new AddOperation("/n", long.MaxValue));
        _machine.Refuses(ResultCode.CounterOverflow, new AddOperation("/n", long.MinValue));
        _machine.Refuses(ResultCode.NotACounter, new AddOperation("/text", 1));
        _machine.Refuses(ResultCode.NotACounter, new AddOperation("/empty", 1));
        _machine.Refuses(ResultCode.NotACounter, new AddOperation("/far", 1));
    }

    private bool Branch(params Condition[] conditions) =>
        Body<TransactionResult>(_machine.Run(new TransactionCommand(conditions, [], [new GetOperation("/")]))).Succeeded;

    // The same entries as the test above it: a second machine in the same state.
    private static void Replay(Machine machine)
    {
        var session = machine.OpenSession();
        machine.Put("/a", "one");
        machine.Put("/a/b");
        machine.PutEphemeral("/a/e", session);
        machine.Run(new WriteOperation("/c", Bytes(""), "t", Kind: NodeKind.Container, KindGiven: true));
        machine.Put("/c/x");
    }
}
