namespace Cloudkeeper.Coherence.Delivery;

/// <summary>Where a delivery takes its requests from.</summary>
public interface IWaitingRequests<TRequest, TResult>
{
    /// <summary>The next batch: as many as wait and may go together.</summary>
    /// <returns>False: nothing waits. From then on the delivery rests, and may be begun by another thread.</returns>
    bool Take(IList<Waiting<TRequest, TResult>> batch, int countMax);

    /// <summary>Puts requests that certainly had no effect before all that wait.</summary>
    void PutBack(IEnumerable<Waiting<TRequest, TResult>> requests);

    /// <summary>Those that have waited too long behind a batch that does not get through; null: none.</summary>
    IReadOnlyList<Waiting<TRequest, TResult>>? TakeOverdue(long now);
}
