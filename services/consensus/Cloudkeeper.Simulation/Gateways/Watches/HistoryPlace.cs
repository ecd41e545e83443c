using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Simulation.Gateways.Watches;

/// <summary>One watcher's place among the readers of history. Of its <see cref="SharedHistory"/>.</summary>
internal sealed class HistoryPlace(WatchInterest interest, Revision from, Action wake)
{
    public WatchInterest Interest => interest;

    /// <summary>What it has, or what does not concern it.</summary>
    public Revision From { get; set; } = from;

    /// <summary>Null: it waits for a pass.</summary>
    public Subscription? Subscription { get; set; }

    /// <summary>Where history begins, if the watcher's has gone.</summary>
    public Revision? Oldest { get; set; }

    /// <summary>The pass went on without it, or is over, behind this revision: what it has still got goes as far.</summary>
    public Revision? LeftAt { get; set; }

    /// <summary>Something waits that it has not taken.</summary>
    public bool IsPending { get; set; }

    public void Wake() => wake();
}
