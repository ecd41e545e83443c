using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Simulation.Clients;
using Cloudkeeper.Simulation.Invariants.ExactlyOnce;
using Cloudkeeper.Simulation.Invariants.Linearizability;
using Cloudkeeper.Simulation.Runs;
using static Cloudkeeper.Simulation.Tests.Invariants.ConsensusTests;

namespace Cloudkeeper.Simulation.Tests.Linearizability;

/// <summary>How calls of clients become histories of keys.</summary>
public sealed class KeyHistoriesTests
{
    private const string Key = "/keys/1";

    private readonly KeyHistories _histories = new(new OnceOnly(new Totals()), new Totals());

    [Fact]
    public void A_read_sees_the_write_before_it()
    {
        Write(0, 10, value: 1, revision: 5);
        Read(20, 30, value: 1, revision: 5);
        _histories.Check();
    }

    [Fact]
    public void A_read_of_a_replaced_value_is_found()
    {
        Write(0, 10, value: 1, revision: 5);
        Write(11, 15, value: 2, revision: 6, version: 1);
        Read(20, 30, value: 1, revision: 5);
        Broken("linearizability", _histories.Check);
    }

    [Fact]
    public void A_condition_that_was_refused_though_it_held_is_found()
    {
        Write(0, 10, value: 1, revision: 5);
        var set = new WriteOperation(Key, new byte[] { 2 }, "", WriteMode.Set, IfVersion: 0);
        Answered(11, 15, new MutationCommand(set), ResultCode.VersionMismatch, revision: 5, body: null);
        Broken("linearizability", _histories.Check);
    }

    [Fact]
    public void A_transaction_is_to_each_key_its_effect_there()
    {
        var write = new WriteOperation(Key, new byte[] { 3 }, "");
        var transaction = new TransactionCommand([new Condition("/keys/2", Exists: false)], [write], []);
        var result = new TransactionResult(
            Succeeded: true, [new NodeResult(Key, "", Stat(7, 0), Created: true)], FailedIndex: -1, ResultCode.Ok);
        Answered(0, 10, transaction, ResultCode.Ok, revision: 7, result);
        Read(20, 30, value: 3, revision: 7);
        _histories.Check();

        Read(40, 50, value: null, revision: 0);
        Broken("linearizability", _histories.Check);
    }

    [Fact]
    public void Undecided_and_repeated_operations_do_not_count()
    {
        _histories.Add(new HistoryOperation
        {
            Client = 1,
            Invoked = 0,
            Returned = 10,
            Request = Request(new MutationCommand(new WriteOperation(Key, new byte[] { 1 }, ""))),
            Outcome = CallOutcome.Unknown,
        });
        Answered(0, 10, Put(9), ResultCode.Ok, revision: 4, new NodeResult(Key, "", Stat(4, 0), true), replayed: true);
        Read(20, 30, value: null, revision: 0);
        _histories.Check();
    }

    private void Write(long invoked, long returned, byte value, long revision, int version = 0) => Answered(
        invoked, returned, Put(value), ResultCode.Ok, revision, new NodeResult(Key, "", Stat(revision, version), true));

    private void Read(long invoked, long returned, byte? value, long revision) => _histories.Add(new HistoryOperation
    {
        Client = 2,
        Invoked = invoked,
        Returned = returned,
        Read = new ReadNodeRequest(Key, WithValue: true),
        Wanted = Freshness.Linearizable,
        Outcome = CallOutcome.Answered,
        ReadResult = new ReadNodeResult(
            ResultCode.Ok,
            value is null ? null : Stat(revision, 0),
            "",
            value is { } there ? new[] { there } : Array.Empty<byte>(),
            Revision.Zero),
    });

    private void Answered(
        long invoked, long returned, Command command, ResultCode code, long revision, ResultBody? body, bool replayed = false) =>
        _histories.Add(new HistoryOperation
        {
            Client = 1,
            Invoked = invoked,
            Returned = returned,
            Request = Request(command),
            Outcome = CallOutcome.Answered,
            Result = new CommandResult(code, new Revision(revision), replayed, body),
        });

    private static MutationCommand Put(byte value) => new(new WriteOperation(Key, new[] { value }, ""));

    private static CommandRequest Request(Command command) => new(1, null, UInt128.Zero, [], command);

    private static NodeStat Stat(long revision, int version) =>
        new() { ModifiedRevision = new Revision(revision), Version = version };
}
