using Cloudkeeper.Coherence.Delivery;
using Cloudkeeper.Simulation.Clients;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Invariants;
using Cloudkeeper.Simulation.Network;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Gateways;

/// <summary>Drives a delivery of the product with the virtual clock and the simulated network.</summary>
internal sealed class Channel<TRequest, TResult>
{
    private const int ItemsMax = 100_000;
    private const long BytesMax = 1L << 30;
    private const long AttemptMin = 10 * Scheduler.Millisecond;

    private readonly Gateway _gateway;
    private readonly Route _route;
    private readonly IMemberChoice _members;
    private readonly WaitingRequests<TRequest, TResult> _queue = new(ItemsMax, BytesMax, AttemptMin);
    private readonly BatchDelivery<TRequest, TResult> _delivery;
    private readonly List<ChannelCall<TRequest, TResult>> _open = [];
    private bool _isUnderWay;

    // How many are waited for before the next question; 0: none.
    private int _wanted;

    public Channel(Gateway gateway, Route route, IMemberChoice members, IBatchCodec<TRequest, TResult> codec)
    {
        (_gateway, _route, _members) = (gateway, route, members);
        var mayRepeat = gateway.World.Options.Has(FaultClass.RepeatedRequests);
        _delivery = new(_queue, codec, new BatchLength(), mayRepeat) { Noted = Count };
    }

    /// <summary>How long one question waits for more readers.</summary>
    public (ReadGathering Rule, long Limit)? Gathering { get; init; }

    private long Now => _gateway.World.Scheduler.Now;

    public void Enqueue(ChannelCall<TRequest, TResult> call)
    {
        _open.RemoveAll(static open => open.IsEnded);
        _open.Add(call);
        if (!_queue.TryAdd(call))
        {
            call.Fail(FailureReason.Overloaded);
        }
        else if (_wanted > 0 && _queue.Count >= _wanted)
        {
            EndGathering();
        }
        else if (!_isUnderWay)
        {
            _isUnderWay = true;
            Go(_delivery.Next(Now));
        }
    }

    /// <summary>The gateway dies: its clients see their connections reset.</summary>
    public void Reset()
    {
        foreach (var call in _open.ToArray())
        {
            call.Reset();
        }
    }

    private void Go(DeliveryStep step)
    {
        switch (step)
        {
            case DeliveryStep.Rest:
                _isUnderWay = false;
                break;
            case DeliveryStep.Send:
                Send();
                break;
            case DeliveryStep.Pause:
                var pause = RetryPause.Of(_delivery.Attempts, _gateway.Random.NextDouble());
                _gateway.Later((long)pause.TotalMicroseconds, () => Go(_delivery.Resume()));
                break;
            case DeliveryStep.Answer:
                Complete();
                Gather();
                break;
            case DeliveryStep.Over:
                Gather();
                break;
        }
    }

    private void Send()
    {
        _gateway.World.Totals.Count(Marker.BatchesRetried, _delivery.Attempts > 1 ? 1 : 0);
        var member = _members.Current;
        _gateway.Call(member, _route, _delivery.Body.ToArray(), _delivery.Remaining(Now), reply => Receive(member, reply));
    }

    private void Receive(int member, ReplyEnvelope? reply)
    {
        var result = ResultOf(reply);
        if (result == CallResult.Malformed)
        {
            throw new ViolationException("gateway", $"a node does not understand a batch for {_route}");
        }

        _gateway.World.Totals.Count(Marker.RequestsRefusedAsOverloaded, result == CallResult.Overloaded ? 1 : 0);
        var namesAnother = _members.Learn(member, result, reply?.Leader ?? 0);
        Go(_delivery.Returned(result, reply?.Body ?? [], namesAnother, Now));
    }

    private void Complete()
    {
        for (var i = 0; i < _delivery.Batch.Count; i++)
        {
            if (!_delivery.Batch[i].IsEnded)
            {
                _delivery.Batch[i].Complete(_delivery.Results[i]);
            }
        }
    }

    /// <summary>Before the next batch is taken.</summary>
    private void Gather()
    {
        var wanted = Gathering?.Rule.Next(_queue.Count) ?? 1;
        if (wanted <= 1 || _queue.Count >= wanted)
        {
            Gathered(wanted);
            return;
        }

        _wanted = wanted;
        _gateway.Later(Gathering!.Value.Limit, () =>
        {
            if (_wanted == wanted)
            {
                EndGathering();
            }
        });
    }

    private void EndGathering()
    {
        var wanted = _wanted;
        _wanted = 0;
        Gathered(wanted);
    }

    private void Gathered(int wanted)
    {
        if (wanted > 1)
        {
            Gathering!.Value.Rule.Gathered(wanted, _queue.Count);
        }

        Go(_delivery.Next(Now));
    }

    private void Count(DeliveryEvent what) => _gateway.World.Totals.Count(what switch
    {
        DeliveryEvent.Halved => Marker.BatchesHalved,
        DeliveryEvent.UnknownDivided => Marker.UnknownBatchesSentInParts,
        DeliveryEvent.GrowthRefused => Marker.ReliefSentWithoutGrowth,
        _ => throw new ArgumentOutOfRangeException(nameof(what), what, null),
    });

    private static CallResult ResultOf(ReplyEnvelope? reply) => reply?.Status switch
    {
        null => CallResult.Lost,
        ReplyStatus.Ok => CallResult.Answered,
        ReplyStatus.Misdirected => CallResult.Misdirected,
        ReplyStatus.Overloaded => CallResult.Overloaded,
        ReplyStatus.Unavailable => CallResult.NoQuorum,
        ReplyStatus.Unknown => CallResult.Undecided,
        ReplyStatus.StorageFull => CallResult.NoRoom,
        ReplyStatus.TooMuch => CallResult.TooMuch,
        ReplyStatus.Malformed => CallResult.Malformed,
        ReplyStatus.Unreachable => CallResult.Unreachable,
        var other => throw new ArgumentOutOfRangeException(nameof(reply), other, null),
    };
}

/// <summary>A request of a gateway that waits for its result. It ends exactly once.</summary>
internal class ChannelCall<TRequest, TResult>(
    TRequest request, int bytes, long answerBytes, long deadline, Action<CallOutcome, TResult?> ended)
    : Waiting<TRequest, TResult>(request, bytes, answerBytes, deadline)
{
    /// <summary>Its gateway dies.</summary>
    public void Reset()
    {
        if (!IsEnded)
        {
            Fail(FailureReason.OutcomeUnknown);
        }
    }

    protected override void OnCompleted(TResult result) => ended(CallOutcome.Answered, result);

    protected override void OnFailed(DeliveryFailure failure) => ended(
        failure.Reason is FailureReason.OutcomeUnknown ? CallOutcome.Unknown : CallOutcome.Failed, default);
}
