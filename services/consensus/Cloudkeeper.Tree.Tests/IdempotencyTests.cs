using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Tree.ExactlyOnce;
using static Cloudkeeper.Tree.Tests.Machine;

namespace Cloudkeeper.Tree.Tests;

public sealed class IdempotencyTests
{
    private static readonly Command Count = new MutationCommand(new AddOperation("/n", 1));

    private readonly Machine _machine = new();

    [Fact]
    public void A_repeat_gets_the_first_result_and_is_marked()
    {
        var first = Run("k", 1, Count);
        _machine.Put("/other");
        var again = Run("k", 1, Count);
        Assert.False(first.Replayed);
        Assert.Equal(first with { Replayed = true }, again);
        Assert.Equal("1", Text(_machine.Get("/n").Value));
    }

    [Fact]
    public void A_refusal_is_decided_for_good_as_well()
    {
        var delete = new MutationCommand(new DeleteOperation("/late"));
        Assert.Equal(ResultCode.NodeNotFound, Run("k", 1, delete).Code);
        _machine.Put("/late");
        var again = Run("k", 1, delete);
        Assert.Equal((ResultCode.NodeNotFound, Revision.Zero, true), (again.Code, again.Revision, again.Replayed));
    }

    [Fact]
    public void Another_request_under_the_same_key_is_refused()
    {
        Run("k", 1, Count);
        Assert.Equal(ResultCode.IdempotencyKeyReuse, Run("k", 2, Count).Code);
        Assert.Equal("1", Text(_machine.Get("/n").Value));
    }

    [Fact]
    public void A_repeat_is_judged_before_its_fences()
    {
        var session = _machine.OpenSession();
        var ticket = Body<TicketInfo>(_machine.Acquire("/lock", session)).Ticket;
        var request = new CommandRequest(0, "k", 1, [ticket], Count);
        _machine.Apply(new CommandBatch(LaneId.None, 0, [request]));
        _machine.Run(new ReleaseTicketCommand(ticket));
        var again = _machine.Apply(new CommandBatch(LaneId.None, 0, [request]))[0];
        Assert.Equal((ResultCode.Ok, true), (again.Code, again.Replayed));
    }

    [Fact]
    public void A_key_is_kept_for_ten_minutes()
    {
        Run("k", 1, Count);
        _machine.Now += IdempotencyTable.RetentionMilliseconds - 1;
        Assert.True(Run("k", 1, Count).Replayed);
        _machine.Now += 1;
        Assert.False(Run("k", 1, Count).Replayed);
        Assert.Equal("2", Text(_machine.Get("/n").Value));
    }

    [Fact]
    public void A_full_table_refuses_new_keys_and_forgets_none()
    {
        var machine = new Machine(new StateMachineOptions { IdempotencyKeysMax = 1 });
        machine.Apply(Batch("a", 1, Count));
        Assert.Equal(ResultCode.Overloaded, machine.Apply(Batch("b", 1, Count))[0].Code);
        Assert.True(machine.Apply(Batch("a", 1, Count))[0].Replayed);
        Assert.Equal(ResultCode.Ok, machine.Run(Count).Code);
        machine.Now += IdempotencyTable.RetentionMilliseconds;
        Assert.Equal(ResultCode.Ok, machine.Apply(Batch("b", 1, Count))[0].Code);
    }

    [Fact]
    public void A_repeated_acquisition_returns_its_tickets_present_state()
    {
        var holder = Body<TicketInfo>(_machine.Acquire("/lock", _machine.OpenSession())).Ticket;
        var acquire = new AcquireLockCommand("/lock", null, 10_000, "me", Queue: true);
        var first = Run("k", 1, acquire);
        Assert.Equal(1, Body<TicketInfo>(first).Position);
        _machine.Run(new ReleaseTicketCommand(holder));
        var again = Run("k", 1, acquire);
        Assert.True(Body<TicketInfo>(again).IsHeld);
        Assert.Equal((first.Revision, true), (again.Revision, again.Replayed));
        _machine.Run(new ReleaseTicketCommand(Body<TicketInfo>(again).Ticket));
        Assert.Equal(ResultCode.TicketNotFound, Run("k", 1, acquire).Code);
    }

    [Fact]
    public void A_key_works_across_lanes()
    {
        var lanes = new[] { _machine.OpenLane(), _machine.OpenLane() };
        var results = lanes.Select(lane => _machine.Apply(
            new CommandBatch(lane, 1, [Request(Count, serial: 1, key: "k")]))[0]).ToArray();
        Assert.Equal([false, true], results.Select(result => result.Replayed));
        Assert.Equal("1", Text(_machine.Get("/n").Value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public void A_key_out_of_bounds_is_refused(string key) =>
        Assert.Equal(ResultCode.InvalidCommand, Run(key, 1, Count).Code);

    private static CommandBatch Batch(string key, int fingerprint, Command command) =>
        new(LaneId.None, 0, [new CommandRequest(0, key, (UInt128)fingerprint, [], command)]);

    private CommandResult Run(string key, int fingerprint, Command command) =>
        _machine.Apply(Batch(key, fingerprint, command))[0];
}
