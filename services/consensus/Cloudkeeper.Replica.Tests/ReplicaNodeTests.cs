using System.Buffers;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Protocol.Sessions;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Commands;
using Cloudkeeper.Replica.Reads;
using Cloudkeeper.Storage;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Replica.Tests;

public sealed class ReplicaNodeTests
{
    private readonly LonelyHost _host = new();

    private ReplicaNode Replica => _host.Replica;

    [Fact]
    public void A_batch_is_answered_once_it_is_durable_and_not_before()
    {
        _host.Elect();
        SubmitOutcome? outcome = null;

        Replica.Submit(Payload(new OpenLaneCommand()), o => outcome = o);
        Replica.Advance();
        Assert.Null(outcome);

        _host.CompleteWrites();
        Assert.Equal(SubmitStatus.Decided, outcome?.Status);
        Assert.Equal(ResultCode.Ok, Assert.Single(outcome!.Value.Results).Code);
    }

    /// <summary>4,096 writes that create 509 parents each would be two million nodes in one entry.</summary>
    [Fact]
    public void An_entry_does_no_more_than_a_transaction_may_nor_do_all_that_are_under_way()
    {
        _host.Elect();
        var decided = 0;
        var deep = string.Concat(Enumerable.Repeat("/x", 509));
        var writes = Enumerable.Range(0, Limits.BatchItemsMax)
            .Select(i => new MutationCommand(new WriteOperation($"/{i}{deep}", default, "t", Parents: true))).ToArray();
        Assert.Equal(SubmitStatus.TooMuch, Submit(writes));
        Assert.Equal(SubmitStatus.TooMuch, Submit(writes[..9]));

        // As many as may be under way; the next one with parents waits for them, and what has none does not.
        Assert.All(writes[..32].Chunk(8), some => Assert.Null(Submit(some)));
        Assert.Equal(SubmitStatus.Overloaded, Submit(writes[32..33]));
        Assert.Null(Submit([new OpenLaneCommand(), new MutationCommand(new WriteOperation("/a", default, "t", Parents: true))]));
        _host.CompleteWrites();
        Assert.Equal(5, decided);
        Assert.Null(Submit(writes[32..33]));
        _host.CompleteWrites();
        Assert.Equal(6, decided);
        Assert.Equal(1 + (33 * 510) + 1, Replica.Machine.NodeCount);

        SubmitStatus? Submit(Command[] commands)
        {
            SubmitStatus? refused = null;
            Replica.Submit(Payload(commands), o =>
            {
                decided += o.Status == SubmitStatus.Decided ? 1 : 0;
                refused = o.Status == SubmitStatus.Decided ? null : o.Status;
            });
            return refused;
        }
    }

    [Fact]
    public void A_leader_takes_so_many_batches_at_a_time_and_proposes_nothing_past_that()
    {
        const int Max = 3;
        var host = new LonelyHost(new ReplicaOptions { PendingBatchesMax = Max }).Elect();
        var decided = 0;
        for (var i = 0; i < Max; i++)
        {
            host.Replica.Submit(Payload(new OpenLaneCommand()), o => decided += o.Status == SubmitStatus.Decided ? 1 : 0);
        }

        var last = host.Replica.LastIndex;
        SubmitOutcome? refused = null;
        host.Replica.Submit(Payload(new OpenLaneCommand()), o => refused = o);
        Assert.Equal(SubmitStatus.Overloaded, refused?.Status);
        Assert.Equal(last, host.Replica.LastIndex);

        // Nothing of those before it is lost, and what they leave is room again.
        host.CompleteWrites();
        Assert.Equal(Max, decided);
        host.Replica.Submit(Payload(new OpenLaneCommand()), o => decided += o.Status == SubmitStatus.Decided ? 1 : 0);
        host.CompleteWrites();
        Assert.Equal(Max + 1, decided);
    }

    /// <summary>
    /// The changes of entries that are applied in one turn are published before their successors forget them.
    /// </summary>
    [Fact]
    public void No_change_is_forgotten_before_it_is_published()
    {
        var host = new LonelyHost(new ReplicaOptions { Tree = new StateMachineOptions { HistorySetsMax = 8 } }).Elect();
        for (var level = host.Replica.Machine.FeatureLevel + 1; level <= FeatureLevels.Newest; level++)
        {
            host.Decide(new RaiseFeatureLevelCommand(host.Replica.Term.Value, level));
        }

        for (var i = 0; i < 40; i++)
        {
            var write = new WriteOperation($"/{i}", "x"u8.ToArray(), "text/plain");
            host.Replica.Submit(Payload(new MutationCommand(write)), static _ => { });
        }

        host.Replica.Advance();
        host.ReportWrites();
        host.Replica.Advance();
        Assert.Equal(FeatureLevels.Newest, host.Replica.Machine.FeatureLevel);
        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"/{i}"), host.Told.Select(set => set.Changes[0].Path));
    }

    [Fact]
    public void A_follower_refuses_and_proposes_nothing()
    {
        SubmitOutcome? outcome = null;
        var last = Replica.LastIndex;

        Replica.Submit(Payload(new OpenLaneCommand()), o => outcome = o);

        Assert.Equal(SubmitStatus.NotLeader, outcome?.Status);
        Assert.Equal(last, Replica.LastIndex);
    }

    public static TheoryData<LeaderCommand> LeaderCommands =>
    [
        new ExpireSessionsCommand(2, [new ExpiredSession(new SessionId(1), 0)]),
        new RemoveIdleNodesCommand(2, [new IdleNode("/a", Revision.Zero, Revision.Zero)]),
        new RaiseFeatureLevelCommand(2, 2),
        new CheckpointCommand(2, 1, 0),
    ];

    /// <summary>A client that could submit them could end sessions that live.</summary>
    [Theory]
    [MemberData(nameof(LeaderCommands))]
    public void Commands_that_only_a_leader_decides_are_refused_from_clients(LeaderCommand command)
    {
        _host.Elect();
        var last = Replica.LastIndex;
        SubmitOutcome? outcome = null;

        Replica.Submit(Payload(command), o => outcome = o);

        Assert.Equal(SubmitStatus.Reserved, outcome?.Status);
        Assert.Equal(last, Replica.LastIndex);
    }

    /// <summary>A member whose program cannot decode it would stop for good.</summary>
    [Fact]
    public void A_command_of_a_higher_level_is_not_proposed()
    {
        _host.Elect();
        Assert.True(Replica.Machine.FeatureLevel < FeatureLevels.GatewayTable);
        var last = Replica.LastIndex;
        SubmitOutcome? outcome = null;

        Replica.Submit(
            Payload(new RegisterGatewayCommand(new GatewayEntry("g1", "http://g1:1", new SessionId(1)))), o => outcome = o);

        Assert.Equal(SubmitStatus.Reserved, outcome?.Status);
        Assert.Equal(last, Replica.LastIndex);
    }

    /// <summary>They would have stayed unanswered, and have counted against the limit for ever (seed 100395).</summary>
    [Fact]
    public void Requests_of_a_leadership_that_was_won_and_lost_within_one_turn_are_answered()
    {
        ReadStatus? read = null;
        SubmitStatus? submitted = null;
        while (Replica.Role != Role.Leader)
        {
            _host.Pass(50);
            _host.ReportWrites();
        }

        Replica.Read(ReadConsistency.Linearizable, Revision.Zero, o => read = o.Status);
        Replica.Submit(Payload(new OpenLaneCommand()), o => submitted = o.Status);
        Replica.Vouch(new NodeId(2));
        Replica.Receive(new HeartbeatRequest(new NodeId(2), Replica.Id, new Term(99), LogIndex.Zero, 0));
        Replica.Advance();

        Assert.Equal(ReadStatus.NotLeader, read);
        Assert.Equal(SubmitStatus.Unknown, submitted);
        Assert.Equal(0, Replica.PendingCommands);
    }

    [Fact]
    public void Bytes_that_are_no_batch_never_reach_the_log()
    {
        _host.Elect();
        var last = Replica.LastIndex;
        SubmitOutcome? outcome = null;

        Replica.Submit([.. new byte[EntryPayload.HeaderBytes], 1, 2, 3], o => outcome = o);

        Assert.Equal(SubmitStatus.Malformed, outcome?.Status);
        Assert.Equal(last, Replica.LastIndex);
    }

    [Fact]
    public void A_full_disk_refuses_commands_and_goes_on_reading()
    {
        _host.Elect();
        Replica.Room = StorageRoom.Full;
        SubmitOutcome? outcome = null;
        ReadOutcome? read = null;

        Replica.Submit(Payload(new OpenLaneCommand()), o => outcome = o);
        Replica.Read(ReadConsistency.Linearizable, Revision.Zero, o => read = o);
        Replica.Advance();

        Assert.Equal(SubmitStatus.StorageFull, outcome?.Status);
        Assert.Equal(ReadStatus.Ready, read?.Status);
    }

    public static TheoryData<Command, bool> CommandsByRelief => new()
    {
        { new MutationCommand(new DeleteOperation("/a", Recursive: true)), true },
        { new TransactionCommand([new Condition("/a", Exists: true)], [new DeleteOperation("/a")], [new GetOperation("/b")]), true },
        { new CloseSessionCommand(new SessionId(5)), true },
        { new ReleaseTicketCommand(new Ticket(5)), true },
        { new OpenSessionCommand(10_000, "a"), false },
        { new AcquireLockCommand("/l", null, 10_000, "", Queue: true), false },
        { new TransactionCommand([], [new DeleteOperation("/a")], [Write]), false },
        { new MutationCommand(Write), false },
    };

    private static WriteOperation Write => new(
        "/a", new byte[] { 1 }, "text/plain", WriteMode.Put, NodeKind.Persistent, KindGiven: false, Session: null, Parents: false);

    [Theory]
    [MemberData(nameof(CommandsByRelief))]
    public void With_little_room_only_commands_that_make_the_state_smaller_get_through(Command command, bool isRelief)
    {
        _host.Elect();
        Replica.Room = StorageRoom.Low;
        SubmitOutcome? outcome = null;

        Replica.Submit(Payload(command), o => outcome = o);
        _host.CompleteWrites();

        Assert.Equal(isRelief ? SubmitStatus.Decided : SubmitStatus.StorageFull, outcome?.Status);
    }

    [Fact]
    public void A_local_read_waits_for_its_revision_and_gives_up_after_five_seconds()
    {
        _host.Elect();
        ReadOutcome? reached = null;
        ReadOutcome? never = null;
        Replica.Read(ReadConsistency.Local, new Revision(1), o => reached = o);
        Replica.Read(ReadConsistency.Local, new Revision(1_000), o => never = o);
        Replica.Advance();
        Assert.Null(reached);

        Submit(new OpenSessionCommand(10_000, "worker"));
        Assert.Equal(ReadStatus.Ready, reached?.Status);

        _host.Pass(4_999);
        Assert.Null(never);
        _host.Pass(1);
        Assert.Equal(ReadStatus.RevisionNotReached, never?.Status);
    }

    [Fact]
    public void A_session_without_keepalives_ends_after_its_ttl_and_one_with_them_does_not()
    {
        _host.Elect();
        var silent = Open(ttl: 2_000);
        var lively = Open(ttl: 2_000);

        for (var passed = 0; passed < 4_000; passed += 500)
        {
            Assert.Equal(KeepaliveStatus.Alive, Keepalive(lively).Status);
            _host.Pass(500);
            _host.CompleteWrites();
        }

        Assert.Equal(KeepaliveStatus.Expired, Keepalive(silent).Status);
        Assert.Equal(KeepaliveStatus.Alive, Keepalive(lively).Status);
        Assert.Equal(KeepaliveStatus.Unknown, Keepalive(new SessionId(999)).Status);
    }

    /// <summary>What is committed at once is applied in one turn: the next ends wait until those before are done.</summary>
    [Fact]
    public void Many_sessions_that_run_out_at_once_end_in_several_entries_one_after_the_other()
    {
        var host = new LonelyHost(new ReplicaOptions { Tree = new StateMachineOptions { EphemeralsMax = 2 } }).Elect();
        for (var i = 0; i < 3; i++)
        {
            host.Write(new OpenSessionCommand(1_000, ""));
            var session = new SessionId(host.Replica.Machine.Revision.Value);
            for (var j = 0; j < 2; j++)
            {
                host.Write(new MutationCommand(new WriteOperation(
                    $"/e{i}{j}", default, "", Kind: NodeKind.Ephemeral, KindGiven: true, Session: session)));
            }
        }

        host.Pass(1_000);
        host.Pass(50);
        Assert.Equal(1, Ends());
        host.CompleteWrites();
        Assert.Equal(2, host.Replica.Machine.SessionCount);
        for (var i = 0; i < 2; i++)
        {
            host.Pass(50);
            host.CompleteWrites();
        }

        Assert.Equal((3, 0, 1), (Ends(), host.Replica.Machine.SessionCount, host.Replica.Machine.NodeCount));
        int Ends() => host.Commands.Count(static command => command is ExpireSessionsCommand);
    }

    /// <summary>The acknowledgement would be a lie: the expiry is already in the log.</summary>
    [Fact]
    public void A_keepalive_that_comes_while_the_expiry_is_on_its_way_is_answered_as_expired()
    {
        _host.Elect();
        var session = Open(ttl: 1_000);
        _host.Pass(1_000);

        KeepaliveResult? result = null;
        Replica.Keepalive([session], results => result = results?[0]);
        Replica.Advance();

        Assert.Equal(KeepaliveStatus.Expired, result?.Status);
    }

    private SessionId Open(long ttl)
    {
        var result = Submit(new OpenSessionCommand(ttl, "worker"));
        return Assert.IsType<SessionInfo>(result.Body).Id;
    }

    private KeepaliveResult Keepalive(SessionId session)
    {
        KeepaliveResult? result = null;
        Replica.Keepalive([session], results => result = results?[0]);
        Replica.Advance();
        return Assert.IsType<KeepaliveResult>(result);
    }

    private CommandResult Submit(Command command)
    {
        var lane = new LaneId(0);
        if (command is not OpenLaneCommand)
        {
            lane = Assert.IsType<LaneResult>(Submit(new OpenLaneCommand()).Body).Lane;
        }

        SubmitOutcome? outcome = null;
        Replica.Submit(Payload(command, lane), o => outcome = o);
        _host.CompleteWrites();
        return Assert.Single(outcome!.Value.Results);
    }

    private static byte[] Payload(Command command, LaneId lane = default) => Payload([command], lane);

    private static byte[] Payload(Command[] commands, LaneId lane = default)
    {
        var output = new ArrayBufferWriter<byte>();
        output.GetSpan(EntryPayload.HeaderBytes);
        output.Advance(EntryPayload.HeaderBytes);
        CommandCodec.Write(output, new CommandBatch(
            lane, 1, [.. commands.Select(static (command, i) => new CommandRequest(1 + i, null, 0, [], command))]));
        return output.WrittenSpan.ToArray();
    }
}
