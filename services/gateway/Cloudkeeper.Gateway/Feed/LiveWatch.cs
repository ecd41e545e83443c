using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Feed;

/// <summary>A subscription with a caller that waits for it.</summary>
internal sealed class LiveWatch : IDisposable
{
    private readonly ChangeRelay _relay;
    private readonly Subscription _subscription;

    // Counts to one: the hub wakes once between two takes.
    private readonly SemaphoreSlim _signal = new(0);

    public LiveWatch(ChangeRelay relay, WatchInterest interest, Revision after)
    {
        _relay = relay;
        Start = after;
        _subscription = relay.Subscribe(interest, after, () => _signal.Release());
    }

    /// <summary>It gets the changes above this revision.</summary>
    public Revision Start { get; }

    /// <returns>False: nothing came in time.</returns>
    public Task<bool> WaitAsync(TimeSpan timeout, CancellationToken cancellationToken) =>
        _signal.WaitAsync(timeout, cancellationToken);

    public Delivery Take() => _relay.Take(_subscription);

    /// <summary>The session that it names has ended.</summary>
    public void EndSession() => _relay.EndSession(_subscription);

    /// <remarks>The signal is left to the collector: the end of a session may still be on its way to it.</remarks>
    public void Dispose() => _relay.Unsubscribe(_subscription);
}
