using System.Diagnostics.CodeAnalysis;
using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Watches.History;

/// <summary>
/// One watcher's place among the readers of history. Of its <see cref="HistoryReader"/>, but for the waiting.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The signal's handle is never used, and it may still be on its way.")]
internal sealed class HistoryPlace(WatchInterest interest, Revision from)
{
    // Counts wake-ups, some of which may find nothing.
    private readonly SemaphoreSlim _signal = new(0);

    public WatchInterest Interest => interest;

    /// <summary>The revision up to which it has all changes that concern it.</summary>
    public Revision From { get; set; } = from;

    /// <summary>Null: it waits for a pass, or its pass is over.</summary>
    public Pass? Pass { get; set; }

    public Subscription? Subscription { get; set; }

    /// <summary>A node has its history: it is not gone.</summary>
    public bool IsAccepted { get; set; }

    /// <summary>Where history begins, if the watcher's has gone.</summary>
    public Revision? Oldest { get; set; }

    /// <summary>
    /// Its pass went on without it, or is over, behind this revision: its remaining events go as far.
    /// </summary>
    public Revision? LeftAt { get; set; }

    /// <summary>Something waits that it has not taken.</summary>
    public bool IsPending { get; set; }

    public void Wake() => _signal.Release();

    /// <returns>False: nothing in time.</returns>
    public Task<bool> WaitAsync(TimeSpan timeout, CancellationToken cancellationToken) =>
        _signal.WaitAsync(timeout, cancellationToken);
}
