using System.Diagnostics;

namespace Cloudkeeper.Coherence.Delivery;

/// <summary>
/// One batch after the other on its way to the members: what goes into it, how often it is sent, what an attempt means, and
/// what its requests are told. A mutation is executed once, or its client is told that the outcome is unknown.
/// </summary>
/// <remarks>It decides and does nothing else: a driver has the clock and the network, in gateways and in the simulation.</remarks>
/// <param name="codec">Used by this delivery alone.</param>
/// <param name="length">Shared with other deliveries out of the same queue.</param>
/// <param name="mayRepeat">The network may deliver a request again, long after it was answered. HTTP does not.</param>
public sealed class BatchDelivery<TRequest, TResult>(
    IWaitingRequests<TRequest, TResult> queue, IBatchCodec<TRequest, TResult> codec, BatchLength length, bool mayRepeat = false)
{
    /// <summary>Named leaders are asked at once this many times in a row: two members may name each other for a while.</summary>
    private const int RedirectsInRowMax = 2;

    private readonly List<Waiting<TRequest, TResult>> _batch = [];

    /// <summary>Of a batch that was divided: they go next, in this order and under the numbers that they have.</summary>
    private readonly Stack<List<Waiting<TRequest, TResult>>> _parts = new();

    private int _redirects;

    /// <summary>It may have been executed, or may yet be, although no answer came.</summary>
    private bool _mayBeDone;

    /// <summary>The batch under way.</summary>
    public IReadOnlyList<Waiting<TRequest, TResult>> Batch => _batch;

    /// <summary>Of <see cref="DeliveryStep.Send"/>.</summary>
    public ReadOnlyMemory<byte> Body { get; private set; }

    /// <summary>How often the bytes were sent, the next time included.</summary>
    public int Attempts { get; private set; }

    /// <summary>Of <see cref="DeliveryStep.Answer"/>: one for each request of the batch.</summary>
    public IReadOnlyList<TResult> Results { get; private set; } = [];

    public Action<DeliveryEvent>? Noted { get; init; }

    private bool MayChange => codec.IsMutation && !codec.IsPreparing;

    /// <summary>Takes the next batch, or part of one.</summary>
    public DeliveryStep Next(long now)
    {
        Results = [];
        FailOverdue(now);
        while (_parts.TryPop(out var part))
        {
            if (part.Exists(static request => !request.IsEnded))
            {
                _batch.Clear();
                _batch.AddRange(part);
                _mayBeDone = true;
                return Begin(now);
            }
        }

        _mayBeDone = false;
        return queue.Take(_batch, length.Max) ? Begin(now) : DeliveryStep.Rest;
    }

    /// <summary>A pause is over.</summary>
    public DeliveryStep Resume() => SendAgain();

    /// <summary>Until the next client of the batch must have an answer, in ticks; not below 0.</summary>
    public long Remaining(long now)
    {
        var deadline = long.MaxValue;
        foreach (var request in _batch)
        {
            deadline = request.IsEnded ? deadline : Math.Min(deadline, request.Deadline);
        }

        return Math.Max(0, deadline - now);
    }

    /// <summary>The call of <see cref="DeliveryStep.Send"/> has come to an end.</summary>
    /// <param name="body">Of an answer.</param>
    /// <param name="namesAnother">Another member was named that leads: it is asked at once.</param>
    /// <exception cref="Protocol.Wire.WireFormatException">An answer cannot be read: see <see cref="Abandon"/>.</exception>
    /// <exception cref="InvalidOperationException">An answer is none to this batch: see <see cref="Abandon"/>.</exception>
    public DeliveryStep Returned(CallResult result, ReadOnlyMemory<byte> body, bool namesAnother, long now) =>
        result == CallResult.Answered ? Read(body, now) : Judge(CallVerdict.Of(result), namesAnother, now);

    /// <summary>A mistake of the service must not leave clients waiting. The outcome is unknown.</summary>
    public void Abandon()
    {
        Fail(_batch, MayChange || _mayBeDone ? FailureReason.OutcomeUnknown : FailureReason.InternalError);
        GiveUpParts();
        codec.Release(isIdle: false);
        _batch.Clear();
    }

    private DeliveryStep Begin(long now)
    {
        Body = codec.Encode(_batch, now);
        _mayBeDone |= mayRepeat && MayChange;
        Attempts = 1;
        _redirects = 0;
        return DeliveryStep.Send;
    }

    /// <summary>The same bytes, so that a state machine that has executed them recognises them.</summary>
    private DeliveryStep SendAgain()
    {
        Attempts++;
        return DeliveryStep.Send;
    }

    private DeliveryStep Read(ReadOnlyMemory<byte> body, long now)
    {
        codec.Release(isIdle: Attempts == 1);
        var answer = codec.Decode(_batch, body);
        switch (answer.Kind)
        {
            case BatchAnswerKind.Prepared:
                // A request that was given up meanwhile was never sent, and its client knows that nothing was done.
                _batch.RemoveAll(static request => request.IsEnded);
                return _batch.Count == 0 ? DeliveryStep.Over : Begin(now);
            case BatchAnswerKind.Unprepared:
                Fail(_batch, new DeliveryFailure(FailureReason.Refused, answer.Code));
                return DeliveryStep.Over;
            case BatchAnswerKind.LaneExpired:
                Reopen();
                return DeliveryStep.Over;
            default:
                Results = answer.Results!;
                KeepAnswered(Results.Count);
                return DeliveryStep.Answer;
        }
    }

    /// <summary>A member ends its answer where it would become too large: the rest is asked again.</summary>
    private void KeepAnswered(int answered)
    {
        if (answered == 0 || answered > _batch.Count)
        {
            throw new InvalidOperationException($"{answered} results for {_batch.Count} requests.");
        }

        length.Answered(answered, _batch.Count);
        if (answered < _batch.Count)
        {
            queue.PutBack(_batch.Skip(answered).Where(static request => !request.IsEnded));
            _batch.RemoveRange(answered, _batch.Count - answered);
        }
    }

    /// <summary>
    /// A batch that was sent once and refused for its lane was not executed, and can go through the next one. After several
    /// attempts an earlier one may have been executed, and nothing tells any more.
    /// </summary>
    private void Reopen()
    {
        if (Attempts == 1 && !_mayBeDone)
        {
            PutBack();
        }
        else
        {
            Fail(_batch, FailureReason.OutcomeUnknown);
        }

        GiveUpParts();
    }

    private DeliveryStep Judge(CallVerdict verdict, bool namesAnother, long now)
    {
        var mayGoInParts = verdict.Effect == CallEffect.NoneOfThis || (codec.FailsAlone && verdict.IsFinal);
        if (mayGoInParts && _batch.Count > 1)
        {
            Divide(verdict.Reason);
            return DeliveryStep.Over;
        }

        var isLost = MayChange && verdict.Effect == CallEffect.Unknown;
        var ends = verdict.IsFinal && (isLost || !_mayBeDone || verdict.Effect == CallEffect.NoneOfThis);
        _mayBeDone |= isLost;

        // A request that is given up while the batch goes on for others goes along with it, and may yet be executed.
        var mayHappen = _mayBeDone || (MayChange && !ends && !IsOverdue(now));
        var failure = mayHappen ? FailureReason.OutcomeUnknown : verdict.Reason;
        foreach (var request in _batch)
        {
            if (!request.IsEnded && (ends || request.Deadline <= now))
            {
                request.Fail(failure);
            }
        }

        FailOverdue(now);
        if (_batch.TrueForAll(static request => request.IsEnded))
        {
            codec.Release(isIdle: false);
            return DeliveryStep.Over;
        }

        _redirects = namesAnother ? _redirects + 1 : 0;
        return _redirects is 0 or > RedirectsInRowMax ? DeliveryStep.Pause : SendAgain();
    }

    /// <summary>A member refuses the batch for what is in it: fewer of its requests go at a time.</summary>
    private void Divide(FailureReason reason)
    {
        codec.Release(isIdle: Attempts == 1);
        if (_mayBeDone)
        {
            DivideSent(reason);
        }
        else if (reason == FailureReason.StorageFull && codec.IsMutation)
        {
            RefuseGrowth();
        }
        else
        {
            Noted?.Invoke(DeliveryEvent.Halved);
            length.Refused(_batch.Count);
            PutBack();
        }
    }

    /// <summary>
    /// There is no room for the batch: what makes the state smaller goes again without the rest. When there was nothing else
    /// in it, there is no room for that either.
    /// </summary>
    private void RefuseGrowth()
    {
        var growth = _batch.FindAll(request => !codec.IsRelief(request.Request));
        if (growth.Count > 0 && growth.Count < _batch.Count)
        {
            Noted?.Invoke(DeliveryEvent.GrowthRefused);
        }

        Fail(growth.Count > 0 ? growth : _batch, FailureReason.StorageFull);
        PutBack();
    }

    /// <summary>
    /// A batch with an unknown outcome that no member takes any more: by what is there now it would do too much, or there is
    /// no room. Its requests go again under the numbers that they have, fewer at a time and in their order: what has been
    /// executed is answered, and nothing is executed twice. Without room there is nothing to be done for growth, nor for
    /// relief that was alone already.
    /// </summary>
    private void DivideSent(FailureReason reason)
    {
        Noted?.Invoke(DeliveryEvent.UnknownDivided);
        length.Refused(_batch.Count);
        var isFull = reason == FailureReason.StorageFull;
        var hasGrowth = isFull && _batch.Exists(request => !codec.IsRelief(request.Request));
        var parts = new List<List<Waiting<TRequest, TResult>>>();
        for (int next = 0, count; next < _batch.Count; next += count)
        {
            count = isFull ? CountAlike(next) : Math.Min((_batch.Count + 1) / 2, _batch.Count - next);
            var part = _batch.GetRange(next, count);
            if (isFull && (!hasGrowth || !codec.IsRelief(part[0].Request)))
            {
                Fail(part, FailureReason.OutcomeUnknown);
            }
            else
            {
                parts.Add(part);
            }
        }

        for (var i = parts.Count - 1; i >= 0; i--)
        {
            _parts.Push(parts[i]);
        }

        _batch.Clear();
    }

    /// <summary>How many requests in a row make the state smaller, or do not.</summary>
    private int CountAlike(int next)
    {
        var isRelief = codec.IsRelief(_batch[next].Request);
        var end = _batch.FindIndex(next, request => codec.IsRelief(request.Request) != isRelief);
        return (end < 0 ? _batch.Count : end) - next;
    }

    /// <summary>No member has done anything, nor will one.</summary>
    private void PutBack()
    {
        Debug.Assert(!_mayBeDone, "What may have been executed keeps its numbers.");
        codec.GiveBack(_batch);
        queue.PutBack(_batch.Where(static request => !request.IsEnded));
        _batch.Clear();
    }

    private void GiveUpParts()
    {
        while (_parts.TryPop(out var part))
        {
            Fail(part, FailureReason.OutcomeUnknown);
        }
    }

    private void FailOverdue(long now)
    {
        if (queue.TakeOverdue(now) is { } overdue)
        {
            Fail(overdue, FailureReason.NoQuorum);
        }
    }

    private bool IsOverdue(long now) => _batch.TrueForAll(request => request.IsEnded || request.Deadline <= now);

    private static void Fail(IReadOnlyList<Waiting<TRequest, TResult>> requests, DeliveryFailure failure)
    {
        for (var i = 0; i < requests.Count; i++)
        {
            var request = requests[i];
            if (!request.IsEnded)
            {
                request.Fail(failure);
            }
        }
    }
}
