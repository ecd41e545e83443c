using System.Diagnostics.CodeAnalysis;
using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Watches.History;

/// <summary>One stream of a node's history, and its watchers. Of its <see cref="HistoryReader"/>.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has neither a timer nor a handle.")]
internal sealed class Pass(Revision from)
{
    /// <summary>While a pass lasts it waits so long for its slow ones; then only as long as quick ones need.</summary>
    private static readonly TimeSpan PatienceAtFirst = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan StallMax = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan StallMin = TimeSpan.FromMilliseconds(50);

    private TaskCompletionSource? _taken;
    private TimeSpan _patience = PatienceAtFirst;

    public HistoryPass History { get; } = new(from);

    public HashSet<HistoryPlace> Places { get; } = [];

    public CancellationTokenSource Ending { get; } = new();

    /// <summary>A node has confirmed that it has this history.</summary>
    public bool IsOpen { get; set; }

    /// <summary>The watchers for which events wait.</summary>
    public int PendingCount { get; private set; }

    /// <summary>How long it waits for watchers that have not taken their events.</summary>
    public TimeSpan Stall => _patience < StallMin ? StallMin : _patience < StallMax ? _patience : StallMax;

    public bool TryJoin(HistoryPlace place)
    {
        var subscription = History.Join(place.Interest, place.From, () => SetPending(place, true));
        if (subscription is null)
        {
            return false;
        }

        (place.Pass, place.Subscription) = (this, subscription);
        Places.Add(place);
        if (IsOpen)
        {
            Accept(place);
        }

        return true;
    }

    public static void Accept(HistoryPlace place)
    {
        place.IsAccepted = true;
        place.Wake();
    }

    /// <summary>It goes on without this one, which still takes its events.</summary>
    public void Leave(HistoryPlace place)
    {
        SetPending(place, false);
        History.Leave(place.Subscription!);
        Places.Remove(place);
        (place.Pass, place.LeftAt) = (null, History.Revision);
    }

    /// <summary>It goes on elsewhere, and waits for nothing here.</summary>
    public void Release(HistoryPlace place)
    {
        var (from, at) = (place.From, History.Revision);
        Leave(place);
        (place.Subscription, place.LeftAt) = (null, null);
        place.From = at > from ? at : from;
    }

    public void SetPending(HistoryPlace place, bool isPending)
    {
        if (place.IsPending != isPending)
        {
            place.IsPending = isPending;
            PendingCount += isPending ? 1 : -1;
            if (isPending)
            {
                place.Wake();
            }
        }

        if (PendingCount == 0)
        {
            _taken?.TrySetResult();
        }
    }

    /// <summary>Completes when every watcher has taken its events.</summary>
    public Task AllTakenAsync() => PendingCount == 0
        ? Task.CompletedTask
        : (_taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Waited(TimeSpan time) => _patience -= time;
}
