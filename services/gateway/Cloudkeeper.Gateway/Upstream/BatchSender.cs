using Cloudkeeper.Coherence.Delivery;
using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Gateway.Errors;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>
/// Drives deliveries (<see cref="BatchDelivery{TRequest,TResult}"/>): gives them the clock and the network, and hands results to
/// the clients. What waits while batches are under way is the next one: batches grow with the load, and without load nothing
/// waits.
/// </summary>
internal sealed partial class BatchSender<TRequest, TResult>
{
    /// <summary>Answers beyond this many are handed to another thread while the next batch goes out.</summary>
    private const int CompletedInlineMax = 1;

    /// <summary>See <see cref="WaitingRequests{TRequest,TResult}"/>.</summary>
    private static readonly TimeSpan AttemptMin = TimeSpan.FromMilliseconds(10);

    private readonly Lock _gate = new();
    private readonly string _route;
    private readonly NodeCalls _calls;
    private readonly PreferredNode _node;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly long _timeout;
    private readonly WaitingRequests<TRequest, TResult> _queue;
    private readonly Stack<Lane> _resting = new();
    private (int Count, TaskCompletionSource Done)? _gathering;

    /// <param name="codecs">One for each batch that may be under way at a time. With one, requests are answered in order.</param>
    public BatchSender(
        string route, NodeCalls calls, PreferredNode node, IEnumerable<IBatchCodec<TRequest, TResult>> codecs,
        GatewayOptions options, TimeProvider time, ILogger logger)
    {
        (_route, _calls, _node, _time, _logger) = (route, calls, node, time, logger);
        _timeout = Ticks(options.RequestTimeout);
        _queue = new(options.WaitingItemsMax, options.WaitingBytesMax, Ticks(AttemptMin));
        var length = new BatchLength();
        foreach (var codec in codecs)
        {
            _resting.Push(new Lane(this, codec, length));
        }
    }

    /// <summary>How long one question waits for more readers at most. Of a single lane only.</summary>
    public (ReadGathering Rule, TimeSpan Limit)? Gathering { get; init; }

    /// <summary>Told of each batch that goes out for the first time.</summary>
    public Action<int>? Sending { get; init; }

    public int WaitingCount => _queue.Count;

    private long Now => _time.GetTimestamp();

    /// <param name="bytes">That it takes in a batch.</param>
    /// <param name="answerBytes">That its answer may take, where that is known.</param>
    /// <exception cref="ProblemException"><c>overloaded</c>: too much is waiting already.</exception>
    public ValueTask<TResult> SendAsync(TRequest request, int bytes, long answerBytes = 0)
    {
        var pending = new Pending<TRequest, TResult>(request, bytes, answerBytes, Now + _timeout);
        TaskCompletionSource? gathered = null;
        Lane? lane = null;
        lock (_gate)
        {
            if (!_queue.TryAdd(pending))
            {
                throw new ProblemException(ErrorKinds.Overloaded);
            }

            if (_gathering is { } gathering && _queue.Count >= gathering.Count)
            {
                gathered = gathering.Done;
                _gathering = null;
            }
            else
            {
                _resting.TryPop(out lane);
            }
        }

        // Begins on this thread: with nothing under way, a request is on its way without another thread's waking up.
        gathered?.TrySetResult();
        if (lane is not null)
        {
            _ = RunAsync(lane);
        }

        return pending.Task;
    }

    private async Task RunAsync(Lane lane)
    {
        var delivery = lane.Delivery;
        var news = Task.CompletedTask;
        for (var step = delivery.Next(Now); step != DeliveryStep.Rest;)
        {
            try
            {
                switch (step)
                {
                    case DeliveryStep.Send:
                        NoteSending(lane);
                        news = _calls.LeaderNews;
                        var call = await _calls.TryAsync(_node, _route, delivery.Body, _time.GetElapsedTime(0, delivery.Remaining(Now)));
                        step = delivery.Returned(call.Result, call.Body, call.NamesAnother, Now);
                        continue;
                    case DeliveryStep.Pause:
                        await _calls.PauseAsync(delivery.Attempts, news);
                        step = delivery.Resume();
                        continue;
                    case DeliveryStep.Answer:
                        Complete(delivery.Batch, delivery.Results);
                        break;
                }
            }
            catch (Exception e)
            {
                LogFailed(_logger, e, delivery.Batch.Count);
                delivery.Abandon();
            }

            await GatherAsync();
            step = delivery.Next(Now);
        }
    }

    private void NoteSending(Lane lane)
    {
        if (lane.Delivery.Attempts == 1 && !lane.Codec.IsPreparing)
        {
            Sending?.Invoke(lane.Delivery.Batch.Count);
        }
    }

    /// <summary>Answers a whole batch, off the path of the next one.</summary>
    private void Complete(IReadOnlyList<Waiting<TRequest, TResult>> batch, IReadOnlyList<TResult> results)
    {
        if (batch.Count <= CompletedInlineMax && _queue.Count == 0)
        {
            CompleteAll([.. batch], results);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static work => CompleteAll(work.Batch, work.Results), (Batch: batch.ToArray(), Results: results), false);
        }
    }

    private static void CompleteAll(Waiting<TRequest, TResult>[] batch, IReadOnlyList<TResult> results)
    {
        for (var i = 0; i < batch.Length; i++)
        {
            if (!batch[i].IsEnded)
            {
                batch[i].Complete(results[i]);
            }
        }
    }

    /// <summary>Before the next batch is taken: the moment to wait for more.</summary>
    private ValueTask GatherAsync()
    {
        if (Gathering is not { Limit: var limit } gathering || limit <= TimeSpan.Zero)
        {
            return ValueTask.CompletedTask;
        }

        var wanted = gathering.Rule.Next(_queue.Count);
        return wanted > 1 ? GatherAsync(gathering.Rule, wanted, limit) : ValueTask.CompletedTask;
    }

    /// <summary>Waits until so many requests wait, or the time is up.</summary>
    private async ValueTask GatherAsync(ReadGathering rule, int wanted, TimeSpan limit)
    {
        TaskCompletionSource? done = null;
        lock (_gate)
        {
            if (_queue.Count < wanted)
            {
                done = new TaskCompletionSource();
                _gathering = (wanted, done);
            }
        }

        if (done is not null)
        {
            await done.Task.WaitAsync(limit, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            lock (_gate)
            {
                _gathering = null;
            }
        }

        rule.Gathered(wanted, _queue.Count);
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * _time.TimestampFrequency);

    [LoggerMessage(LogLevel.Error, "A batch of {Count} requests failed unexpectedly")]
    private static partial void LogFailed(ILogger logger, Exception exception, int count);

    /// <summary>One batch at a time, out of the queue of all.</summary>
    private sealed class Lane : IWaitingRequests<TRequest, TResult>
    {
        private readonly BatchSender<TRequest, TResult> _sender;

        public Lane(BatchSender<TRequest, TResult> sender, IBatchCodec<TRequest, TResult> codec, BatchLength length)
        {
            (_sender, Codec) = (sender, codec);
            Delivery = new BatchDelivery<TRequest, TResult>(this, codec, length);
        }

        public IBatchCodec<TRequest, TResult> Codec { get; }

        public BatchDelivery<TRequest, TResult> Delivery { get; }

        public bool Take(IList<Waiting<TRequest, TResult>> batch, int countMax)
        {
            lock (_sender._gate)
            {
                if (_sender._queue.Take(batch, countMax))
                {
                    return true;
                }

                // From here on the next request begins it again.
                _sender._resting.Push(this);
                return false;
            }
        }

        public void PutBack(IEnumerable<Waiting<TRequest, TResult>> requests)
        {
            lock (_sender._gate)
            {
                _sender._queue.PutBack(requests);
            }
        }

        public IReadOnlyList<Waiting<TRequest, TResult>>? TakeOverdue(long now)
        {
            lock (_sender._gate)
            {
                return _sender._queue.TakeOverdue(now);
            }
        }
    }
}
