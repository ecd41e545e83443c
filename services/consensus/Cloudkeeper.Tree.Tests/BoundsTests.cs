using System.Globalization;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Tree.Nodes;
using static Cloudkeeper.Tree.Tests.Machine;

namespace Cloudkeeper.Tree.Tests;

/// <summary>What is one revision has a size: beyond it nothing is begun.</summary>
public sealed class BoundsTests
{
    private static readonly StateMachineOptions Small = new()
    {
        DeletedNodesMax = 6,
        CreatedParentsMax = 4,
        EphemeralsMax = 3,
    };

    private readonly Machine _machine = New(Small, FeatureLevels.Bounds);

    [Fact]
    public void A_subtree_of_as_many_nodes_as_may_be_goes_and_a_larger_one_stays()
    {
        Grow(_machine, "/a", 6);
        Grow(_machine, "/b", 7);
        Assert.Equal(ResultCode.Ok, _machine.Delete("/a", recursive: true).Code);
        _machine.Refuses(ResultCode.TooManyNodes, new DeleteOperation("/b", Recursive: true));
        _machine.Refuses(ResultCode.HasChildren, new DeleteOperation("/b"));
        _machine.Delete("/b/n0");
        Assert.Equal(ResultCode.Ok, _machine.Delete("/b", recursive: true).Code);
        Assert.Equal(1, _machine.State.NodeCount);
    }

    [Fact]
    public void A_subtree_whose_paths_are_longer_than_may_be_stays()
    {
        var machine = New(StateMachineOptions.Default with { DeletedPathCharsMax = 30 }, FeatureLevels.Bounds);
        Assert.Equal(ResultCode.Ok, machine.Run(Deep("/a/bcd/e")).Code);
        Assert.Equal(ResultCode.Ok, machine.Run(Deep("/a/f")).Code);
        Assert.Equal(ResultCode.Ok, machine.Run(Deep("/a/bcd/ghij")).Code);
        machine.Refuses(ResultCode.TooManyNodes, new DeleteOperation("/a", Recursive: true));
        DeleteOperation[] both = [new("/a/f"), new("/a", Recursive: true)];
        machine.Refuses(ResultCode.TransactionFailed, new TransactionCommand([], both, []));

        // 2 + 6 + 8 + 11 characters are left, of 31.
        machine.Delete("/a/f");
        Assert.Equal(ResultCode.Ok, machine.Delete("/a", recursive: true).Code);
    }

    [Fact]
    public void The_work_of_a_batch_is_known_before_it_is_in_the_log()
    {
        var machine = New(StateMachineOptions.Default, FeatureLevels.Newest);
        var session = machine.OpenSession();
        machine.PutEphemeral("/e0", session);
        machine.PutEphemeral("/e1", session);
        Grow(machine, "/a", 5);
        Assert.Equal(default, Work(new WriteOperation("/a/n0/new", Bytes(""), "text/plain", Parents: true)));
        Assert.Equal(default, Work(new WriteOperation("/b/c/d", Bytes(""), "text/plain"), new DeleteOperation("/a")));
        Assert.Equal(new EntryWork(0, 4), Work(Deep("/b/c/d"), new AddOperation("/b/c/e", 1)));
        Assert.Equal(new EntryWork(0, 3), Work(
            new CreateSequentialOperation("/a/x", "s-", Bytes(""), "text/plain", Parents: true),
            new CreateSequentialOperation("/y/z", "s-", Bytes(""), "text/plain", Parents: true)));
        Assert.Equal(new EntryWork(4, 0), Work(
            new DeleteOperation("/a", Recursive: true), new DeleteOperation("/a/n0", Recursive: true), new DeleteOperation("bad", true)));
        Assert.Equal(new EntryWork(4, 4), machine.State.Estimate(new CommandBatch(LaneId.None, 0,
        [
            Request(new CloseSessionCommand(session)),
            Request(new CloseSessionCommand(new SessionId(999))),
            Request(new AcquireLockCommand("/locks/l", session, 0, "me", true)),
            Request(new TransactionCommand([], [Deep("/p/q")], [Deep("/p/r"), new DeleteOperation("/a", true)])),
        ])) - new EntryWork(2, 0));

        EntryWork Work(params Operation[] operations) => machine.State.Estimate(
            new CommandBatch(LaneId.None, 0, [.. operations.Select(static it => Request(new MutationCommand(it)))]));
    }

    [Fact]
    public void Deletions_of_one_transaction_count_together()
    {
        Grow(_machine, "/a", 4);
        Grow(_machine, "/b", 3);
        DeleteOperation[] both = [new("/a", Recursive: true), new("/b", Recursive: true)];
        var refused = (TransactionResult)_machine.Refuses(
            ResultCode.TransactionFailed, new TransactionCommand([], both, [])).Body!;
        Assert.Equal((1, ResultCode.TooManyNodes), (refused.FailedIndex, refused.OperationCode));
        _machine.Delete("/b/n0");
        Assert.Equal(ResultCode.Ok, _machine.Transact(both).Code);
    }

    [Fact]
    public void Nodes_that_a_transaction_creates_and_deletes_again_count_each_time()
    {
        Operation[] pair = [new WriteOperation("/a", Bytes(""), "text/plain"), new DeleteOperation("/a")];
        Assert.Equal(ResultCode.Ok, _machine.Transact([.. Enumerable.Repeat(pair, 6).SelectMany(static p => p)]).Code);
        var seven = _machine.Transact([.. Enumerable.Repeat(pair, 7).SelectMany(static p => p)]);
        Assert.Equal(ResultCode.TransactionFailed, seven.Code);
    }

    [Fact]
    public void Parents_of_one_transaction_count_together()
    {
        Assert.Equal(ResultCode.Ok, _machine.Run(Deep("/a/b/c/d/e")).Code);
        _machine.Refuses(ResultCode.TooManyNodes, Deep("/f/g/h/i/j/k"));
        Assert.Equal(ResultCode.Ok, _machine.Run(Deep("/a/b/c/d/f/g/h/i/j")).Code);
        _machine.Refuses(
            ResultCode.TransactionFailed, new TransactionCommand([], [Deep("/x/b/c"), Deep("/y/b/c/d")], []));
        _machine.Refuses(
            ResultCode.TooManyNodes,
            new CreateSequentialOperation("/s/t/u/v/w", "", Bytes(""), "text/plain", Parents: true));
        _machine.Refuses(ResultCode.TooManyNodes, new AddOperation("/c/o/u/n/t/er", 1));
        var session = _machine.OpenSession();
        _machine.Refuses(ResultCode.TooManyNodes, new AcquireLockCommand("/l/o/c/k/s", session, 0, "me", true));
    }

    [Fact]
    public void A_session_has_no_more_nodes_than_may_go_with_it()
    {
        var session = _machine.OpenSession();
        _machine.PutEphemeral("/e0", session);
        _machine.PutEphemeral("/e1", session);
        Assert.Equal(ResultCode.Ok, _machine.Acquire("/lock", session).Code);
        _machine.Refuses(ResultCode.TooManyEphemerals, new AcquireLockCommand("/another", session, 0, "me", true));
        _machine.Refuses(ResultCode.TooManyEphemerals, new MutationCommand(new WriteOperation(
            "/new/parents/e", Bytes(""), "text/plain", Kind: NodeKind.Ephemeral, KindGiven: true, Session: session, Parents: true)));
        _machine.Refuses(ResultCode.TooManyEphemerals, new CreateSequentialOperation(
            "/", "s-", Bytes(""), "text/plain", NodeKind.Ephemeral, session));

        // A place that it has in a queue already is no new one, and its nodes may change; another session has its own.
        Assert.Equal(ResultCode.Ok, _machine.Acquire("/lock", session).Code);
        Assert.Equal(ResultCode.Ok, _machine.PutEphemeral("/e0", session, "new").Code);
        Assert.Equal(ResultCode.Ok, _machine.PutEphemeral("/other", _machine.OpenSession()).Code);
        Assert.Equal(ResultCode.Ok, _machine.Acquire("/another", session: null).Code);
        _machine.Delete("/e1");
        Assert.Equal(ResultCode.Ok, _machine.PutEphemeral("/e2", session).Code);
    }

    [Fact]
    public void A_transaction_may_put_one_ephemeral_node_in_the_place_of_another()
    {
        var session = _machine.OpenSession();
        for (var i = 0; i < 3; i++)
        {
            _machine.PutEphemeral($"/e{i}", session);
        }

        Assert.Equal(ResultCode.Ok, _machine.Transact(
            new DeleteOperation("/e0"),
            new WriteOperation("/f", Bytes(""), "text/plain", Kind: NodeKind.Ephemeral, KindGiven: true, Session: session)).Code);
    }

    [Fact]
    public void Before_the_level_there_are_no_bounds()
    {
        var machine = New(Small, FeatureLevels.Bounds - 1);
        Grow(machine, "/a", 7);
        Assert.Equal(ResultCode.Ok, machine.Run(Deep("/f/g/h/i/j/k")).Code);
        var session = machine.OpenSession();
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(ResultCode.Ok, machine.PutEphemeral($"/e{i}", session).Code);
        }

        Assert.Equal(ResultCode.Ok, machine.Delete("/a", recursive: true).Code);

        // What is there when the level rises stays, and goes as a whole.
        machine.RaiseLevel(FeatureLevels.Bounds);
        machine.Refuses(ResultCode.TooManyEphemerals, new MutationCommand(new WriteOperation(
            "/e4", Bytes(""), "text/plain", Kind: NodeKind.Ephemeral, KindGiven: true, Session: session)));
        Assert.Equal(ResultCode.Ok, machine.Run(new CloseSessionCommand(session)).Code);
        Assert.Equal(1 + 6, machine.State.NodeCount);
    }

    /// <summary>Otherwise asking for it again and again would stop every replica as well as doing it.</summary>
    [Fact]
    public void A_transaction_that_is_refused_has_not_gone_through_its_deletions()
    {
        const int count = 20_000;
        var machine = New(StateMachineOptions.Default, FeatureLevels.Newest);
        Grow(machine, "/a", count);
        Operation[] operations = [new DeleteOperation("/a", Recursive: true), new DeleteOperation("/absent")];
        machine.Transact(operations);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(ResultCode.TransactionFailed, machine.Transact(operations).Code);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, count);
        Assert.Equal(1 + count, machine.State.NodeCount);
    }

    /// <summary>AT-27 at the state machine: the longest steps that there can be, with the default bounds.</summary>
    [Fact]
    public void The_fullest_session_and_the_largest_subtree_go_in_one_revision_each()
    {
        var machine = New(StateMachineOptions.Default, FeatureLevels.Newest);
        var session = machine.OpenSession();
        machine.Put("/e");
        var node = new CreateSequentialOperation("/e", "m-", default, "text/plain", NodeKind.Ephemeral, session);
        RunMany(machine, Limits.EphemeralsMax, _ => node);
        machine.Refuses(ResultCode.TooManyEphemerals, node);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(ResultCode.Ok, machine.Run(new CloseSessionCommand(session)).Code);

        // Its change takes about 500 bytes of history each; a copy of the parent for each would be 200 more.
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / Limits.EphemeralsMax, 0, 600);
        Assert.Equal(2, machine.State.NodeCount);

        RunMany(machine, Limits.DeletedNodesMax, i => new WriteOperation(
            string.Create(CultureInfo.InvariantCulture, $"/e/n{i}"), default, "text/plain"));
        machine.Refuses(ResultCode.TooManyNodes, new DeleteOperation("/e", Recursive: true));
        machine.Delete("/e/n0");
        var revision = machine.State.Revision;
        Assert.Equal(ResultCode.Ok, machine.Delete("/e", recursive: true).Code);
        Assert.Equal((1, revision.Next()), (machine.State.NodeCount, machine.State.Revision));
        Assert.Equal(ResultCode.NodeNotFound, machine.Get("/e/n7").Code);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_number_of_nodes_below_is_known_through_all_that_is_done_and_undone(int seed)
    {
        var random = new Random(seed);
        var state = new TreeState(StateMachineOptions.Default) { FeatureLevel = FeatureLevels.Newest };
        var machine = new Machine(new StateMachine(state));
        var session = machine.OpenSession();
        for (var i = 0; i < 2_000; i++)
        {
            machine.Transact([.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => AnyOperation(random, session))]);
            if (i % 100 == 0)
            {
                machine.Run(new CloseSessionCommand(session));
                session = machine.OpenSession();
            }

            Assert.Equal(machine.State.NodeCount, CountAndCheck(state.Nodes.Root, "").Nodes);
        }
    }

    private static Operation AnyOperation(Random random, SessionId session)
    {
        var path = string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => "/" + (char)random.Next('a', 'e')));
        return random.Next(6) switch
        {
            0 or 1 => new DeleteOperation(path, Recursive: random.Next(2) == 0),
            2 => new WriteOperation(
                path, Bytes(""), "text/plain", Kind: NodeKind.Ephemeral, KindGiven: true, Session: session, Parents: true),
            _ => Deep(path),
        };
    }

    private static (int Nodes, long PathChars) CountAndCheck(TreeNode node, string path)
    {
        var (nodes, chars) = (1, (long)path.Length);
        if (node.Children is { } children)
        {
            foreach (var child in children)
            {
                var below = CountAndCheck(child, $"{path}/{child.Name}");
                (nodes, chars) = (nodes + below.Nodes, chars + below.PathChars);
            }
        }

        Assert.Equal((nodes, chars), (NodeTree.SizeOf(node), NodeTree.PathCharsOf(node)));
        return (nodes, chars);
    }

    private static Machine New(StateMachineOptions options, int level)
    {
        var machine = new Machine(options);
        for (var next = FeatureLevels.First + 1; next <= level; next++)
        {
            machine.RaiseLevel(next);
        }

        return machine;
    }

    /// <summary>Makes a subtree of so many nodes.</summary>
    private static void Grow(Machine machine, string top, int count)
    {
        machine.Put(top);
        RunMany(machine, count - 1, i => new WriteOperation(
            string.Create(CultureInfo.InvariantCulture, $"{top}/n{i}"), Bytes(""), "text/plain"));
    }

    private static void RunMany(Machine machine, int count, Func<int, Operation> operation)
    {
        const int batch = 4_096;
        for (var first = 0; first < count; first += batch)
        {
            var requests = Enumerable.Range(first, Math.Min(batch, count - first))
                .Select(i => Request(new MutationCommand(operation(i)))).ToArray();
            Assert.All(machine.Apply(new CommandBatch(LaneId.None, 0, requests)), static r => Assert.Equal(ResultCode.Ok, r.Code));
        }
    }

    private static WriteOperation Deep(string path) => new(path, Bytes(""), "text/plain", Parents: true);
}
