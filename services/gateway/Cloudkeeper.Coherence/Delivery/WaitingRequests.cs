using Cloudkeeper.Protocol;

namespace Cloudkeeper.Coherence.Delivery;

/// <summary>Requests in the order of their coming, within bounds.</summary>
/// <param name="attemptMin">With less time left than this a request is refused while that is still certain.</param>
public sealed class WaitingRequests<TRequest, TResult>(int itemsMax, long bytesMax, long attemptMin)
    : IWaitingRequests<TRequest, TResult>
{
    /// <summary>What requests of a batch may take together, what stands in front of them left out.</summary>
    private const int BatchBytesMax = Limits.BatchBytesMax - BatchHeaderBytesMax;

    private const int BatchHeaderBytesMax = 64;

    private readonly Queue<Waiting<TRequest, TResult>> _waiting = [];
    private long _bytes;

    public int Count => _waiting.Count;

    /// <returns>False: too much waits.</returns>
    public bool TryAdd(Waiting<TRequest, TResult> request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (_waiting.Count >= itemsMax || _bytes + request.Bytes > bytesMax)
        {
            return false;
        }

        _waiting.Enqueue(request);
        _bytes += request.Bytes;
        return true;
    }

    public bool Take(IList<Waiting<TRequest, TResult>> batch, int countMax)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Clear();
        var (bytes, answerBytes) = (0L, 0L);
        while (batch.Count < countMax && _waiting.TryPeek(out var next)
            && (batch.Count == 0
                || (bytes + next.Bytes <= BatchBytesMax && answerBytes + next.AnswerBytes <= Limits.BatchReadBytesMax)))
        {
            batch.Add(_waiting.Dequeue());
            bytes += next.Bytes;
            answerBytes += next.AnswerBytes;
        }

        _bytes -= bytes;
        return batch.Count > 0;
    }

    public void PutBack(IEnumerable<Waiting<TRequest, TResult>> requests)
    {
        ArgumentNullException.ThrowIfNull(requests);
        var later = _waiting.ToArray();
        _waiting.Clear();
        foreach (var request in requests)
        {
            _waiting.Enqueue(request);
            _bytes += request.Bytes;
        }

        foreach (var request in later)
        {
            _waiting.Enqueue(request);
        }
    }

    public IReadOnlyList<Waiting<TRequest, TResult>>? TakeOverdue(long now)
    {
        List<Waiting<TRequest, TResult>>? overdue = null;
        while (_waiting.TryPeek(out var oldest) && oldest.Deadline <= now + attemptMin)
        {
            (overdue ??= []).Add(_waiting.Dequeue());
            _bytes -= oldest.Bytes;
        }

        return overdue;
    }
}
