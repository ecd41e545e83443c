using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Tree.ExactlyOnce;
using Cloudkeeper.Tree.Levels;
using Cloudkeeper.Tree.Sessions;
using static Cloudkeeper.Tree.Tests.Machine;

namespace Cloudkeeper.Tree.Tests;

public sealed class RetentionClockTests
{
    private const long Hour = 3_600_000;

    private static readonly Command Count = new MutationCommand(new AddOperation("/n", 1));

    private readonly Machine _machine = new Machine().RaiseLevel(2);

    [Fact]
    public void A_leader_whose_clock_is_an_hour_ahead_does_not_make_a_repeat_count_twice()
    {
        Run("k");
        _machine.Now += Hour;
        Assert.True(Run("k").Replayed);
        Assert.Equal("1", Text(_machine.Get("/n").Value));
    }

    /// <summary>The fault that level 2 removes; level 1 must go on as it always did.</summary>
    [Fact]
    public void At_level_1_such_a_leader_drops_the_keys()
    {
        var machine = new Machine();
        machine.Apply(Batch("k"));
        machine.Now += Hour;
        Assert.False(machine.Apply(Batch("k"))[0].Replayed);
    }

    [Fact]
    public void Leaders_of_different_clocks_that_take_turns_cost_ten_seconds_a_turn_at_most()
    {
        Run("k");
        for (var i = 1; i < IdempotencyTable.RetentionMilliseconds / RetentionClock.StepMillisecondsMax; i++)
        {
            _machine.Now += Hour;
            Assert.True(Run("k").Replayed);
            _machine.Now -= Hour;
            Assert.True(Run("k").Replayed);
        }

        _machine.Now += Hour;
        Assert.False(Run("k").Replayed);
    }

    [Fact]
    public void A_key_is_kept_for_ten_minutes_of_entries()
    {
        Run("k");
        Pass(IdempotencyTable.RetentionMilliseconds - 1);
        Assert.True(Run("k").Replayed);
        Pass(1);
        Assert.False(Run("k").Replayed);
    }

    [Fact]
    public void After_an_error_ahead_the_clock_goes_on_with_the_next_entry()
    {
        Run("k");
        Jump(Hour);
        Jump(-Hour);
        Pass(IdempotencyTable.RetentionMilliseconds - RetentionClock.StepMillisecondsMax - 1);
        Assert.True(Run("k").Replayed);
        Pass(1);
        Assert.False(Run("k").Replayed);
    }

    [Fact]
    public void Results_that_were_kept_by_log_time_are_kept_on_across_the_switch()
    {
        var machine = new Machine();
        machine.Apply(Batch("k"));
        machine.Now += IdempotencyTable.RetentionMilliseconds - 2;
        machine.RaiseLevel(2);
        machine.Now += 1;
        Assert.True(machine.Apply(Batch("k"))[0].Replayed);
        machine.Now += 1;
        Assert.False(machine.Apply(Batch("k"))[0].Replayed);
    }

    [Fact]
    public void An_ended_session_is_remembered_for_ten_minutes_of_entries()
    {
        var session = _machine.OpenSession();
        _machine.Run(new CloseSessionCommand(session));
        Jump(Hour);
        Pass(SessionTable.EndedRetentionMilliseconds - RetentionClock.StepMillisecondsMax - 1);
        Assert.Equal(ResultCode.SessionExpired, CodeOf(session));
        Pass(1);
        Assert.Equal(ResultCode.SessionNotFound, CodeOf(session));
    }

    [Fact]
    public void A_lane_lasts_a_quarter_of_an_hour_of_entries()
    {
        var lane = _machine.OpenLane();
        Jump(Hour);
        Pass(LaneTable.IdleMillisecondsMax - (2 * RetentionClock.StepMillisecondsMax));
        Assert.Equal(ResultCode.Ok, Send(lane, 1));
        Pass(LaneTable.IdleMillisecondsMax + RetentionClock.StepMillisecondsMax);
        Assert.Equal(ResultCode.LaneExpired, Send(lane, 2));
    }

    [Fact]
    public void Times_that_clients_see_stay_with_log_time()
    {
        _machine.Now += Hour;
        _machine.Put("/a");
        Assert.Equal(Start + Hour, _machine.Stat("/a").CreatedAt);
        _machine.Now -= Hour;
        _machine.Put("/a", "later");
        Assert.Equal(Start + Hour, _machine.Stat("/a").ModifiedAt);
    }

    private static CommandBatch Batch(string key) => new(LaneId.None, 0, [Request(Count, key: key)]);

    private CommandResult Run(string key) => _machine.Apply(Batch(key))[0];

    private ResultCode Send(LaneId lane, long serial) =>
        _machine.Apply(new CommandBatch(lane, serial, [Request(Count, serial)]))[0].Code;

    private ResultCode CodeOf(SessionId session) => _machine.State.Read(new ReadSessionRequest(session)).Code;

    /// <summary>An entry of a leader whose clock differs by this much from that of the one before.</summary>
    private void Jump(long milliseconds)
    {
        _machine.Now += milliseconds;
        _machine.Apply();
    }

    /// <summary>Lets time pass as it does in a cluster that is in use.</summary>
    private void Pass(long milliseconds)
    {
        for (var rest = milliseconds; rest > 0; rest -= RetentionClock.StepMillisecondsMax)
        {
            _machine.Now += Math.Min(rest, RetentionClock.StepMillisecondsMax);
            _machine.Apply();
        }
    }
}
