using System.Buffers;
using Cloudkeeper.Coherence.Delivery;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;

namespace Cloudkeeper.Coherence.Tests.Delivery;

/// <summary>The lane of commands, step by step; the gateway's tests and the simulation try it against members.</summary>
public sealed class BatchDeliveryTests
{
    private static readonly LaneId First = new(7);
    private static readonly LaneId Second = new(8);

    private readonly WaitingRequests<CommandRequest, CommandResult> _queue = new(itemsMax: 10, bytesMax: 1 << 20, attemptMin: 1);
    private readonly BatchDelivery<CommandRequest, CommandResult> _delivery;

    public BatchDeliveryTests() => _delivery = new(_queue, new CommandLane(), new BatchLength());

    [Fact]
    public void A_lane_is_opened_before_the_first_batch_and_numbers_its_commands()
    {
        var (a, b) = (Add(), Add());
        Assert.Equal(DeliveryStep.Send, _delivery.Next(now: 0));
        Assert.IsType<OpenLaneCommand>(Assert.Single(Sent().Requests).Command);

        Assert.Equal(DeliveryStep.Send, Answer(Opened(First)));
        Assert.Equal((First, 1L), (Sent().Lane, Sent().FirstPending));
        Assert.Equal([1L, 2L], Sent().Requests.Select(static request => request.Serial));

        Assert.Equal(DeliveryStep.Answer, Answer(Done(), Done()));
        Assert.Equal([a, b], _delivery.Batch);
        Assert.Equal(DeliveryStep.Rest, _delivery.Next(now: 1));
    }

    [Fact]
    public void A_request_that_is_given_up_while_its_lane_is_opened_is_told_so_and_not_sent()
    {
        var (late, other) = (Add(deadline: 5), Add());
        _delivery.Next(now: 0);
        Assert.Equal(DeliveryStep.Pause, _delivery.Returned(CallResult.Lost, default, namesAnother: false, now: 5));
        Assert.Equal(FailureReason.NoQuorum, late.Failure);

        Assert.Equal(DeliveryStep.Send, _delivery.Resume());
        Assert.Equal(DeliveryStep.Send, Answer(Opened(First)));
        Assert.Single(Sent().Requests);
        Answer(Done());
        Assert.Equal([other], _delivery.Batch);
    }

    [Fact]
    public void A_retry_has_the_same_bytes_and_who_is_given_up_then_does_not_know_the_outcome()
    {
        Open();
        var (late, _) = (Add(deadline: 5), Add());
        _delivery.Next(now: 0);
        var bytes = _delivery.Body.ToArray();
        Assert.Equal(DeliveryStep.Pause, _delivery.Returned(CallResult.Misdirected, default, namesAnother: false, now: 5));

        // It goes along with the other one.
        Assert.Equal(FailureReason.OutcomeUnknown, late.Failure);
        Assert.Equal(DeliveryStep.Send, _delivery.Resume());
        Assert.Equal(bytes, _delivery.Body.ToArray());
        Assert.Equal(2, _delivery.Attempts);
    }

    [Fact]
    public void A_refused_request_whose_time_is_up_was_certainly_not_executed()
    {
        Open();
        var only = Add(deadline: 5);
        _delivery.Next(now: 0);
        Assert.Equal(DeliveryStep.Over, _delivery.Returned(CallResult.NoQuorum, default, namesAnother: false, now: 5));
        Assert.Equal(FailureReason.NoQuorum, only.Failure);
    }

    [Fact]
    public void After_an_attempt_without_an_answer_a_refusal_proves_nothing()
    {
        Open();
        var only = Add(deadline: 5);
        _delivery.Next(now: 0);
        Assert.Equal(DeliveryStep.Pause, _delivery.Returned(CallResult.Lost, default, namesAnother: false, now: 1));
        _delivery.Resume();
        Assert.Equal(DeliveryStep.Over, _delivery.Returned(CallResult.NoQuorum, default, namesAnother: false, now: 5));
        Assert.Equal(FailureReason.OutcomeUnknown, only.Failure);
    }

    [Fact]
    public void A_named_leader_is_asked_at_once_but_not_for_ever()
    {
        Open();
        Add();
        _delivery.Next(now: 0);
        Assert.Equal(DeliveryStep.Send, _delivery.Returned(CallResult.Misdirected, default, namesAnother: true, now: 1));
        Assert.Equal(DeliveryStep.Send, _delivery.Returned(CallResult.Misdirected, default, namesAnother: true, now: 1));
        Assert.Equal(DeliveryStep.Pause, _delivery.Returned(CallResult.Misdirected, default, namesAnother: true, now: 1));
    }

    [Fact]
    public void Commands_of_an_expired_lane_go_through_the_next_one_if_they_were_sent_once()
    {
        Open();
        Add();
        _delivery.Next(now: 0);
        Answer(Done());
        var again = Add();
        _delivery.Next(now: 0);
        Assert.Equal(3, Sent().FirstPending);

        Assert.Equal(DeliveryStep.Over, Answer(Expired()));
        Assert.Equal(DeliveryStep.Send, _delivery.Next(now: 0));
        Assert.Equal(DeliveryStep.Send, Answer(Opened(Second)));
        Assert.Equal((Second, 1L), (Sent().Lane, Sent().FirstPending));
        Answer(Done());
        Assert.Equal([again], _delivery.Batch);
    }

    [Fact]
    public void Commands_of_an_expired_lane_are_unknown_after_an_attempt_without_an_answer()
    {
        Open();
        var lost = Add();
        _delivery.Next(now: 0);
        _delivery.Returned(CallResult.Lost, default, namesAnother: false, now: 1);
        _delivery.Resume();
        Assert.Equal(DeliveryStep.Over, Answer(Expired()));
        Assert.Equal(FailureReason.OutcomeUnknown, lost.Failure);
    }

    [Fact]
    public void A_batch_that_is_too_much_goes_in_halves_under_the_numbers_that_it_had()
    {
        Open();
        var all = Enumerable.Range(0, 5).Select(_ => Add()).ToArray();
        _delivery.Next(now: 0);
        Assert.Equal(DeliveryStep.Over, _delivery.Returned(CallResult.TooMuch, default, namesAnother: false, now: 0));
        var answered = 0;
        for (var step = _delivery.Next(now: 0); step != DeliveryStep.Rest; step = _delivery.Next(now: 0))
        {
            Assert.Equal(answered + 2, Sent().FirstPending);
            answered += Sent().Requests.Count;
            Assert.Equal(DeliveryStep.Answer, Answer([.. Sent().Requests.Select(static _ => Done())]));
        }

        Assert.Equal(all.Length, answered);
        Assert.All(all, static request => Assert.Null(request.Failure));
    }

    [Fact]
    public void Where_there_is_no_room_growth_is_refused_and_deletions_go_again()
    {
        Open();
        var growth = Add();
        var deletion = Add(new DeleteOperation("/a", false, null, null));
        _delivery.Next(now: 0);
        Assert.Equal(DeliveryStep.Over, _delivery.Returned(CallResult.NoRoom, default, namesAnother: false, now: 0));
        Assert.Equal(FailureReason.StorageFull, growth.Failure);

        Assert.Equal(DeliveryStep.Send, _delivery.Next(now: 0));
        Answer(Done());
        Assert.Equal([deletion], _delivery.Batch);
    }

    [Fact]
    public void An_answer_that_cannot_be_read_leaves_the_outcome_unknown()
    {
        Open();
        var only = Add();
        _delivery.Next(now: 0);
        Assert.ThrowsAny<Exception>(() => Answer(Done(), Done()));
        _delivery.Abandon();
        Assert.Equal(FailureReason.OutcomeUnknown, only.Failure);
        Assert.Equal(DeliveryStep.Rest, _delivery.Next(now: 0));
    }

    [Fact]
    public void Requests_that_wait_too_long_behind_a_batch_are_refused()
    {
        Open();
        Add();
        _delivery.Next(now: 0);
        var behind = Add(deadline: 5);
        _delivery.Returned(CallResult.Overloaded, default, namesAnother: false, now: 3);
        Assert.Null(behind.Failure);
        _delivery.Resume();
        _delivery.Returned(CallResult.Overloaded, default, namesAnother: false, now: 4);
        Assert.Equal(FailureReason.NoQuorum, behind.Failure);
    }

    [Fact]
    public void The_queue_takes_no_more_than_its_bounds()
    {
        var queue = new WaitingRequests<CommandRequest, CommandResult>(itemsMax: 2, bytesMax: 10, attemptMin: 1);
        Assert.True(queue.TryAdd(new Request(Adding(), 6, 100)));
        Assert.False(queue.TryAdd(new Request(Adding(), 5, 100)));
        Assert.True(queue.TryAdd(new Request(Adding(), 4, 100)));
        Assert.False(queue.TryAdd(new Request(Adding(), 0, 100)));
    }

    [Fact]
    public void A_leader_that_is_not_the_one_is_left_unless_another_was_found_meanwhile()
    {
        var guess = new LeaderGuess<int>(1);
        Assert.False(guess.Learn(1, CallResult.Overloaded, false, 0, [1, 2, 3]));
        Assert.Equal(1, guess.Current);
        Assert.False(guess.Learn(1, CallResult.Lost, false, 0, [1, 2, 3]));
        Assert.Equal(2, guess.Current);
        Assert.True(guess.Learn(2, CallResult.Misdirected, true, 3, [1, 2, 3]));
        Assert.False(guess.Learn(2, CallResult.Misdirected, true, 2, [1, 2, 3]));
        Assert.Equal(3, guess.Current);
        Assert.False(guess.Learn(3, CallResult.Unreachable, false, 0, [1, 2]));
        Assert.Equal(1, guess.Current);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public void Whatever_a_call_comes_to_has_a_verdict(CallResult result)
    {
        var verdict = CallVerdict.Of(result);
        Assert.Equal(result is CallResult.Undecided or CallResult.Lost or CallResult.Failed, verdict.Effect == CallEffect.Unknown);
    }

    public static TheoryData<CallResult> Failures => [.. Enum.GetValues<CallResult>().Except([CallResult.Answered])];

    private static CommandRequest Adding(Operation? operation = null) =>
        new(0, null, UInt128.Zero, [], new MutationCommand(operation ?? new AddOperation("/counter", 1)));

    private static CommandResult Opened(LaneId lane) => new(ResultCode.Ok, new Revision(1), false, new LaneResult(lane));

    private static CommandResult Done() => new(ResultCode.VersionMismatch, new Revision(2), false, null);

    private static CommandResult Expired() => new(ResultCode.LaneExpired, new Revision(2), false, null);

    private Request Add(Operation? operation = null, long deadline = 100)
    {
        var request = new Request(Adding(operation), 10, deadline);
        Assert.True(_queue.TryAdd(request));
        return request;
    }

    /// <summary>The lane is there, and has executed one command.</summary>
    private void Open()
    {
        Add();
        _delivery.Next(now: 0);
        Answer(Opened(First));
        Answer(Done());
        _delivery.Next(now: 0);
    }

    private CommandBatch Sent() => CommandCodec.Read(_delivery.Body.Span);

    private DeliveryStep Answer(params CommandResult[] results)
    {
        var bytes = new ArrayBufferWriter<byte>();
        CommandResultCodec.WriteAll(bytes, results);
        return _delivery.Returned(CallResult.Answered, bytes.WrittenMemory, namesAnother: false, now: 0);
    }

    private sealed class Request(CommandRequest request, int bytes, long deadline)
        : Waiting<CommandRequest, CommandResult>(request, bytes, 0, deadline)
    {
        public FailureReason? Failure { get; private set; }

        protected override void OnCompleted(CommandResult result)
        {
        }

        protected override void OnFailed(DeliveryFailure failure) => Failure = failure.Reason;
    }
}
