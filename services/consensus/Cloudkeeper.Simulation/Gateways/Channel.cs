using Cloudkeeper.Simulation.Clients;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Invariants;
using Cloudkeeper.Simulation.Network;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Gateways;

/// <summary>
/// Collects calls while a batch is under way, and sends them as the next one, again and again until it is answered or
/// nobody waits any more: the retry rules of the gateway.
/// </summary>
internal abstract class Channel(Gateway gateway, Route route)
{
    private const int BatchMax = 64;
    private const long PauseMin = 5 * Scheduler.Millisecond;
    private const long PauseMax = 100 * Scheduler.Millisecond;

    private readonly Queue<Call> _waiting = new();
    private readonly List<Call> _batch = [];

    // Of the batch under way: they go next, in this order and under the numbers that they have.
    private readonly Stack<List<Call>> _parts = new();
    private byte[] _body = [];
    private int _attempts;
    private bool _isUnderWay;

    // The node that has been asked has not answered yet.
    private bool _isAsked;

    protected Gateway Gateway { get; } = gateway;

    /// <summary>What is under way may be, or become, executed although no answer came.</summary>
    protected bool MayBeExecuted { get; set; }

    public void Enqueue(Call call)
    {
        _waiting.Enqueue(call);
        Gateway.Later(call.Deadline - Gateway.World.Scheduler.Now, () => Expire(call));
        StartNext();
    }

    /// <summary>The gateway dies: its clients see their connections reset.</summary>
    public void Reset()
    {
        foreach (var call in _batch)
        {
            call.End(CallOutcome.Unknown);
        }

        GiveUpParts();
        foreach (var call in _waiting)
        {
            call.End(CallOutcome.Unknown);
        }
    }

    protected abstract byte[] Encode(IReadOnlyList<Call> batch);

    /// <summary>Nobody knows what has become of it: under the numbers that it has.</summary>
    protected virtual byte[] EncodeAgain(IReadOnlyList<Call> batch) => Encode(batch);

    /// <returns>False: the batch itself is still to be sent.</returns>
    protected abstract bool TryComplete(IReadOnlyList<Call> batch, byte[] answer);

    protected abstract int NextNode();

    /// <summary>Whether a node takes it although it has no room for growth.</summary>
    protected virtual bool IsRelief(Call call) => false;

    protected virtual void Learn(int asked, int leader)
    {
    }

    /// <summary>What is left of the batch cannot be sent any more.</summary>
    protected void GiveUpParts()
    {
        while (_parts.TryPop(out var part))
        {
            part.ForEach(static call => call.End(CallOutcome.Unknown));
        }
    }

    private void StartNext()
    {
        if (_isUnderWay)
        {
            return;
        }

        _batch.Clear();
        while (_batch.Count < BatchMax && _waiting.TryDequeue(out var call))
        {
            if (!call.IsEnded)
            {
                _batch.Add(call);
            }
        }

        if (_batch.Count > 0)
        {
            _isUnderWay = true;
            MayBeExecuted = false;
            _attempts = 0;
            _body = Encode(_batch);
            Attempt();
        }
    }

    private void Attempt()
    {
        if (_batch.TrueForAll(static call => call.IsEnded))
        {
            End();
            return;
        }

        if (_attempts++ > 0)
        {
            Gateway.World.Totals.Count(Marker.BatchesRetried);
            LeaveOutWhatHasFailed();
        }

        var node = NextNode();
        MayBeExecuted |= Gateway.World.Options.Has(FaultClass.RepeatedRequests);
        _isAsked = true;
        Gateway.Call(node, route, _body, reply => OnReply(node, reply));
    }

    /// <summary>
    /// Who was told that nothing has happened must not be surprised by the next attempt (invariant E4).
    /// </summary>
    private void LeaveOutWhatHasFailed()
    {
        var bug = Gateway.World.Options.Bug;
        if (!MayBeExecuted && bug != Bug.ExecuteWhatHasFailed && _batch.RemoveAll(static call => call.IsEnded) > 0)
        {
            _body = Encode(_batch);
        }
        else if (bug == Bug.NumberRetriesAnew)
        {
            _body = Encode(_batch);
        }
    }

    private void OnReply(int node, ReplyEnvelope? reply)
    {
        _isAsked = false;
        switch (reply?.Status)
        {
            case ReplyStatus.Ok:
                if (TryComplete(_batch, reply.Body))
                {
                    End();
                }
                else
                {
                    _attempts = 0;
                    _body = Encode(_batch);
                    Attempt();
                }

                break;
            case ReplyStatus.Malformed:
                throw new ViolationException("gateway", $"a node does not understand a batch for {route}");
            case ReplyStatus.StorageFull:
                EndForLackOfRoom();
                break;
            case ReplyStatus.TooMuch when MayBeExecuted:
                SendParts();
                break;
            case ReplyStatus.TooMuch:
                SendHalf();
                break;
            default:
                Gateway.World.Totals.Count(
                    Marker.RequestsRefusedAsOverloaded, reply?.Status == ReplyStatus.Overloaded ? 1 : 0);
                MayBeExecuted |= reply is null or { Status: ReplyStatus.Unknown };
                Learn(node, reply?.Leader ?? 0);
                Gateway.Later(Pause(), Attempt);
                break;
        }
    }

    private void Expire(Call call)
    {
        // What only waits here has not been executed.
        var mayBeExecuted = (MayBeExecuted || _isAsked)
            && (_batch.Contains(call) || _parts.Any(part => part.Contains(call)));
        call.End(mayBeExecuted ? CallOutcome.Unknown : CallOutcome.Failed);
    }

    /// <summary>What makes the state smaller goes again without the rest.</summary>
    private void EndForLackOfRoom()
    {
        var growth = _batch.FindAll(call => !IsRelief(call));
        if (growth.Count is 0)
        {
            EndAll();
            End();
            return;
        }

        if (MayBeExecuted)
        {
            PushRelief();
        }

        growth.ForEach(call => call.End(MayBeExecuted ? CallOutcome.Unknown : CallOutcome.Failed));
        _batch.RemoveAll(call => call.IsEnded || MayBeExecuted);
        if (_batch.Count == 0)
        {
            End();
            return;
        }

        Gateway.World.Totals.Count(Marker.ReliefSentWithoutGrowth);
        _body = Encode(_batch);
        Attempt();
    }

    /// <summary>What makes the state smaller, each row of it as a part.</summary>
    private void PushRelief()
    {
        var end = _batch.Count;
        for (var i = end - 1; i >= -1; i--)
        {
            if (i >= 0 && IsRelief(_batch[i]))
            {
                continue;
            }

            if (i + 1 < end)
            {
                _parts.Push(_batch[(i + 1)..end]);
            }

            end = Math.Max(i, 0);
        }
    }

    /// <summary>What may have been executed is not numbered anew.</summary>
    private void SendParts()
    {
        Gateway.World.Totals.Count(Marker.UnknownBatchesSentInParts);
        var half = Math.Max(1, _batch.Count / 2);
        _parts.Push(_batch[half..]);
        _batch.RemoveRange(half, _batch.Count - half);
        _attempts = 0;
        _body = EncodeAgain(_batch);
        Attempt();
    }

    /// <summary>The other half goes next, with what waits.</summary>
    private void SendHalf()
    {
        Gateway.World.Totals.Count(Marker.BatchesHalved);
        var half = Math.Max(1, _batch.Count / 2);
        var later = _waiting.ToArray();
        _waiting.Clear();
        foreach (var call in _batch.Skip(half).Concat(later))
        {
            _waiting.Enqueue(call);
        }

        _batch.RemoveRange(half, _batch.Count - half);
        _attempts = 0;
        _body = Encode(_batch);
        Attempt();
    }

    private void EndAll()
    {
        foreach (var call in _batch)
        {
            call.End(MayBeExecuted ? CallOutcome.Unknown : CallOutcome.Failed);
        }
    }

    private void End()
    {
        _batch.Clear();
        if (_parts.TryPop(out var part))
        {
            _batch.AddRange(part);
            _attempts = 0;
            _body = EncodeAgain(_batch);
            Attempt();
            return;
        }

        _isUnderWay = false;
        StartNext();
    }

    private long Pause()
    {
        var pause = Math.Min(PauseMax, PauseMin << Math.Min(_attempts - 1, 10));
        return (pause / 2) + Gateway.Random.NextInt64(pause);
    }
}
