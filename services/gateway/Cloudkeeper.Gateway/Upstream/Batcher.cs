using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>
/// Collects what waits while batches are under way, and sends it as the next one: batches grow with the load, and
/// without load nothing waits.
/// </summary>
/// <param name="underWayMax">Batches that may be under way at a time. With one, requests are answered in their order.</param>
internal abstract partial class Batcher<TRequest, TResult>(
    int underWayMax, int waitingItemsMax, long waitingBytesMax, TimeSpan timeout, TimeProvider time, ILogger logger)
{
    /// <summary>Answers beyond this many are handed to another thread while the next batch goes out.</summary>
    private const int CompletedInlineMax = 1;

    /// <summary>What requests of a batch may take together, what stands in front of them left out.</summary>
    private const int BytesMax = Limits.BatchBytesMax - HeaderBytesMax;

    private const int HeaderBytesMax = 64;

    /// <summary>With less time left than this a request is refused while that is still certain.</summary>
    private static readonly TimeSpan AttemptMin = TimeSpan.FromMilliseconds(10);

    private readonly Lock _gate = new();
    private readonly Queue<Pending<TRequest, TResult>> _waiting = [];
    private long _waitingBytes;
    private int _underWay;
    private (int Count, TaskCompletionSource Done)? _gathering;

    public int WaitingCount => _waiting.Count;

    protected TimeProvider Time => time;

    protected BatchLength Length { get; } = new();

    /// <param name="bytes">That it takes in a batch.</param>
    /// <param name="answerBytes">That its answer may take, where that is known.</param>
    /// <exception cref="ProblemException"><c>overloaded</c>: too much is waiting already.</exception>
    protected ValueTask<TResult> EnqueueAsync(TRequest request, int bytes, long answerBytes = 0)
    {
        var deadline = time.GetTimestamp() + (long)(timeout.TotalSeconds * time.TimestampFrequency);
        var pending = new Pending<TRequest, TResult>(request, bytes, answerBytes, deadline);
        TaskCompletionSource? gathered = null;
        lock (_gate)
        {
            if (_waiting.Count >= waitingItemsMax || _waitingBytes + bytes > waitingBytesMax)
            {
                throw new ProblemException(ErrorKinds.Overloaded);
            }

            _waiting.Enqueue(pending);
            _waitingBytes += bytes;
            if (_gathering is { } gathering && _waiting.Count >= gathering.Count)
            {
                gathered = gathering.Done;
                _gathering = null;
            }
            else if (_underWay == underWayMax)
            {
                return pending.Task;
            }
            else
            {
                _underWay++;
            }
        }

        // Begins on this thread: with nothing under way, a request is on its way without another thread's waking up.
        if (gathered is null)
        {
            _ = RunAsync();
        }
        else
        {
            gathered.TrySetResult();
        }

        return pending.Task;
    }

    /// <summary>Before the next batch is taken: the moment to wait for more.</summary>
    protected virtual ValueTask BeforeNextAsync() => ValueTask.CompletedTask;

    /// <summary>Waits until so many requests wait, or the time is up.</summary>
    protected async ValueTask GatherAsync(int count, TimeSpan limit)
    {
        var done = new TaskCompletionSource();
        lock (_gate)
        {
            if (_waiting.Count >= count)
            {
                return;
            }

            _gathering = (count, done);
        }

        await Task.WhenAny(done.Task, Task.Delay(limit, time));
        lock (_gate)
        {
            _gathering = null;
        }
    }

    /// <summary>Sends a batch and completes everything in it.</summary>
    protected abstract ValueTask SendAsync(List<Pending<TRequest, TResult>> batch);

    /// <summary>Answers a whole batch, off the path of the next one.</summary>
    protected void Complete(List<Pending<TRequest, TResult>> batch, IReadOnlyList<TResult> results)
    {
        if (batch.Count <= CompletedInlineMax && _waiting.Count == 0)
        {
            CompleteAll([.. batch], results);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static work => CompleteAll(work.Batch, work.Results), (Batch: batch.ToArray(), Results: results), false);
        }
    }

    /// <summary>Refuses what has waited too long behind a batch that does not get through.</summary>
    protected void ExpireWaiting()
    {
        var latest = time.GetTimestamp() + (long)(AttemptMin.TotalSeconds * time.TimestampFrequency);
        List<Pending<TRequest, TResult>>? overdue = null;
        lock (_gate)
        {
            while (_waiting.TryPeek(out var oldest) && oldest.Deadline <= latest)
            {
                (overdue ??= []).Add(_waiting.Dequeue());
                _waitingBytes -= oldest.Bytes;
            }
        }

        overdue?.ForEach(pending => pending.Fail(new ProblemException(ErrorKinds.NoQuorum)));
    }

    /// <summary>Puts requests that were certainly not executed back, before all that wait.</summary>
    protected void Requeue(IEnumerable<Pending<TRequest, TResult>> requests)
    {
        lock (_gate)
        {
            var later = _waiting.ToArray();
            _waiting.Clear();
            foreach (var pending in requests)
            {
                _waiting.Enqueue(pending);
                _waitingBytes += pending.Bytes;
            }

            foreach (var pending in later)
            {
                _waiting.Enqueue(pending);
            }
        }
    }

    private static void CompleteAll(Pending<TRequest, TResult>[] batch, IReadOnlyList<TResult> results)
    {
        for (var i = 0; i < batch.Length; i++)
        {
            if (!batch[i].IsCompleted)
            {
                batch[i].Complete(results[i]);
            }
        }
    }

    private async Task RunAsync()
    {
        var batch = new List<Pending<TRequest, TResult>>();
        while (TryTake(batch))
        {
            try
            {
                await SendAsync(batch);
            }
            catch (Exception e)
            {
                FailAll(batch, e);
            }

            await BeforeNextAsync();
        }
    }

    /// <summary>Takes the next batch, or ends this run when nothing waits.</summary>
    private bool TryTake(List<Pending<TRequest, TResult>> batch)
    {
        ExpireWaiting();
        batch.Clear();
        var bytes = 0L;
        var answerBytes = 0L;
        lock (_gate)
        {
            while (batch.Count < Length.Max && _waiting.TryPeek(out var next)
                && (batch.Count == 0
                    || (bytes + next.Bytes <= BytesMax && answerBytes + next.AnswerBytes <= Limits.BatchReadBytesMax)))
            {
                batch.Add(_waiting.Dequeue());
                bytes += next.Bytes;
                answerBytes += next.AnswerBytes;
            }

            _waitingBytes -= bytes;
            if (batch.Count > 0)
            {
                return true;
            }

            _underWay--;
            return false;
        }
    }

    /// <summary>A mistake of ours must not leave clients waiting.</summary>
    private void FailAll(List<Pending<TRequest, TResult>> batch, Exception reason)
    {
        LogFailed(logger, reason, batch.Count);
        foreach (var pending in batch.Where(pending => !pending.IsCompleted))
        {
            pending.Fail(new ProblemException((reason as ProblemException)?.Problem ?? new Problem(ErrorKinds.InternalError)));
        }
    }

    [LoggerMessage(LogLevel.Error, "A batch of {Count} requests failed unexpectedly")]
    private static partial void LogFailed(ILogger logger, Exception exception, int count);
}
