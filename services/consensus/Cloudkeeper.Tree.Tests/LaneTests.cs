using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Tree.ExactlyOnce;
using static Cloudkeeper.Tree.Tests.Machine;

namespace Cloudkeeper.Tree.Tests;

public sealed class LaneTests
{
    private static readonly Command Count = new MutationCommand(new AddOperation("/n", 1));

    private readonly Machine _machine = new();

    [Fact]
    public void A_serial_is_executed_once_and_answered_the_same_again()
    {
        var lane = _machine.OpenLane();
        var first = Send(lane, 1, 1, 2);
        var again = Send(lane, 1, 2, 1, 3);
        Assert.Equal(first[1], again[0]);
        Assert.Equal(first[0], again[1]);
        Assert.Equal("3", Text(_machine.Get("/n").Value));
    }

    [Fact]
    public void A_copy_within_one_batch_is_executed_once()
    {
        var lane = _machine.OpenLane();
        var results = Send(lane, 1, 1, 1);
        Assert.Equal(results[0], results[1]);
        Assert.Equal("1", Text(_machine.Get("/n").Value));
    }

    [Fact]
    public void A_serial_that_the_gateway_has_moved_past_is_not_executed()
    {
        var lane = _machine.OpenLane();
        Send(lane, 1, 1, 2);
        Send(lane, 3, 3);
        Assert.Equal(ResultCode.Superseded, Send(lane, 1, 2)[0].Code);
        Assert.Equal(ResultCode.Superseded, Send(lane, 1, 1)[0].Code);
        Assert.Equal("3", Text(_machine.Get("/n").Value));
    }

    [Fact]
    public void Refusals_are_kept_like_successes()
    {
        var lane = _machine.OpenLane();
        var delete = Request(new MutationCommand(new DeleteOperation("/late")), serial: 1);
        var refused = _machine.Apply(new CommandBatch(lane, 1, [delete]))[0];
        _machine.Put("/late");
        Assert.Equal(refused, _machine.Apply(new CommandBatch(lane, 1, [delete]))[0]);
        Assert.Equal(ResultCode.NodeNotFound, refused.Code);
    }

    [Fact]
    public void An_unknown_lane_executes_nothing()
    {
        var results = Send(new LaneId(42), 1, 1, 2);
        Assert.All(results, result => Assert.Equal(ResultCode.LaneExpired, result.Code));
        Assert.Equal(ResultCode.NodeNotFound, _machine.Get("/n").Code);
    }

    [Fact]
    public void A_lane_idle_for_a_quarter_of_an_hour_is_gone_and_a_used_one_is_not()
    {
        var idle = _machine.OpenLane();
        var used = _machine.OpenLane();
        _machine.Now += LaneTable.IdleMillisecondsMax / 2;
        Send(used, 1, 1);
        _machine.Now += (LaneTable.IdleMillisecondsMax / 2) + 10_000;
        Assert.Equal(ResultCode.Ok, Send(used, 2, 2)[0].Code);
        Assert.Equal(ResultCode.LaneExpired, Send(idle, 1, 1)[0].Code);
    }

    [Fact]
    public void Lanes_of_one_entry_differ_and_no_id_comes_twice()
    {
        var open = new CommandBatch(LaneId.None, 0, [Request(new OpenLaneCommand()), Request(new OpenLaneCommand())]);
        var ids = _machine.Apply(open, open).Concat(_machine.Apply(open)).Select(r => Body<LaneResult>(r).Lane).ToArray();
        Assert.Equal(6, ids.Distinct().Count());
        Assert.Equal(ids.OrderBy(id => id.Value), ids);
        Assert.Equal(Revision.Zero, _machine.State.Revision);
    }

    [Fact]
    public void A_full_table_gives_up_the_lane_that_is_idle_longest_if_it_is_idle_enough()
    {
        var machine = new Machine(new StateMachineOptions { LanesMax = 2 });
        var first = machine.OpenLane();
        machine.Now += 1;
        machine.OpenLane();
        Assert.Equal(ResultCode.Overloaded, machine.Run(new OpenLaneCommand()).Code);
        machine.Now += LaneTable.IdleMillisecondsMin - 1;
        machine.OpenLane();
        var batch = new CommandBatch(first, 1, [Request(Count, serial: 1)]);
        Assert.Equal(ResultCode.LaneExpired, machine.Apply(batch)[0].Code);
        Assert.Equal(ResultCode.Overloaded, machine.Run(new OpenLaneCommand()).Code);
    }

    [Fact]
    public void A_gateway_that_confirms_nothing_is_stopped()
    {
        var machine = new Machine(new StateMachineOptions { LaneResultsMax = 2 });
        var lane = machine.OpenLane();
        var requests = Enumerable.Range(1, 3).Select(serial => Request(Count, serial)).ToArray();
        var codes = machine.Apply(new CommandBatch(lane, 1, requests)).Select(result => result.Code);
        Assert.Equal([ResultCode.Ok, ResultCode.Ok, ResultCode.Overloaded], codes);
        Assert.Equal(ResultCode.Ok, machine.Apply(new CommandBatch(lane, 2, [requests[2]]))[0].Code);
        Assert.Equal("3", Text(machine.Get("/n").Value));
    }

    [Fact]
    public void Large_results_fill_a_lane_and_the_table_of_keys_sooner()
    {
        var machine = new Machine(new StateMachineOptions { LaneBytesMax = 10_000, IdempotencyBytesMax = 10_000 });
        var lane = machine.OpenLane();
        machine.Put("/big", new string('x', 9_500));
        var read = new TransactionCommand([], [new GetOperation("/big")], []);
        var requests = new[] { Request(read, 1), Request(Count, 2) };
        var results = machine.Apply(new CommandBatch(lane, 1, requests));
        Assert.Equal([ResultCode.Ok, ResultCode.Overloaded], results.Select(result => result.Code));
        Assert.Equal(ResultCode.Ok, machine.Apply(new CommandBatch(lane, 2, [requests[1]]))[0].Code);

        var keys = new CommandBatch(LaneId.None, 0, [Request(read, key: "a"), Request(Count, key: "b")]);
        Assert.Equal([ResultCode.Ok, ResultCode.Overloaded], machine.Apply(keys).Select(result => result.Code));
        machine.Now += IdempotencyTable.RetentionMilliseconds;
        Assert.Equal(ResultCode.Ok, machine.Apply(keys with { Requests = [keys.Requests[1]] })[0].Code);
    }

    private List<CommandResult> Send(LaneId lane, long firstPending, params long[] serials) => _machine.Apply(
        new CommandBatch(lane, firstPending, serials.Select(serial => Request(Count, serial)).ToArray()));
}
