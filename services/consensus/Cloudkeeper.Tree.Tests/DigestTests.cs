using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using static Cloudkeeper.Tree.Tests.Machine;

namespace Cloudkeeper.Tree.Tests;

public sealed class DigestTests
{
    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void The_same_entries_give_the_same_results_and_digests(int seed)
    {
        var workload = new Workload(seed);
        var first = new StateMachine(StateMachineOptions.Default);
        var second = new StateMachine(StateMachineOptions.Default);
        for (var i = 0; i < 3_000; i++)
        {
            var entry = workload.NextEntry();
            var results = entry.ApplyTo(first);
            workload.Learn(results);
            Same.Results(results, entry.ApplyTo(second));
            Assert.Equal(first.Digest, second.Digest);
        }

        Same.States(first, second);
    }

    [Fact]
    public void Every_kind_of_change_changes_the_digest()
    {
        var machine = new Machine();
        var session = machine.OpenSession();
        var changes = new Action[]
        {
            () => machine.Put("/a", "one"),
            () => machine.Put("/a", "two"),
            () => machine.Put("/a/b"),
            () => machine.PutEphemeral("/a/e", session),
            () => machine.Acquire("/lock", session),
            () => machine.Delete("/a/b"),
            () => machine.OpenLane(),
            () => machine.Run(new CloseSessionCommand(session)),
            () => machine.Apply(new CommandBatch(LaneId.None, 0, [Request(new OpenSessionCommand(1, ""), key: "k")])),
        };
        var seen = new HashSet<ulong> { machine.State.Digest };
        Assert.All(changes, change =>
        {
            change();
            Assert.True(seen.Add(machine.State.Digest));
        });
    }

    [Fact]
    public void Two_states_that_differ_in_one_place_have_different_digests()
    {
        (string Path, string Value)[] states = [("/a", "1"), ("/a", "2"), ("/a", ""), ("/b", "1"), ("/b", "2"), ("/b", "")];
        var digests = states.Select(state =>
        {
            var machine = new Machine();
            machine.Put(state.Path, state.Value);
            return machine.State.Digest;
        });
        Assert.Equal(6, digests.Distinct().Count());
    }

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    public void A_transaction_that_fails_at_its_end_leaves_the_digest_as_it_was(int seed)
    {
        var workload = new Workload(seed);
        var state = new StateMachine(StateMachineOptions.Default);
        var twin = new StateMachine(StateMachineOptions.Default);
        var failing = new DeleteOperation("/no/such/node/anywhere");
        for (var i = 0; i < 1_500; i++)
        {
            var entry = workload.NextEntry();
            var results = entry.ApplyTo(state);
            entry.ApplyTo(twin);
            workload.Learn(results);

            var operations = Enumerable.Range(0, 10).Select(_ => workload.NextOperation()).Append(failing).ToArray();
            var batch = new CommandBatch(LaneId.None, 0, [Request(new TransactionCommand([], operations, []))]);
            var next = workload.NextEntry();
            Assert.NotEqual(Protocol.Errors.ResultCode.Ok, (next with { Batches = [batch] }).ApplyTo(state)[0].Code);
            (next with { Batches = [] }).ApplyTo(twin);
            Assert.Equal(twin.Digest, state.Digest);
        }

        Same.States(twin, state);
    }
}
