using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Gateways.Feeds;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Gateways.Watches;

/// <summary>
/// Reads a node's history for all watchers of a gateway that need it, one pass at a time: the real <see cref="HistoryPass"/>,
/// driven as the gateway's reader does. A watcher that comes while it is behind its position joins it, the others wait
/// for the next one.
/// </summary>
internal sealed class SharedHistory(Gateway gateway)
{
    private const long Pause = 50 * Scheduler.Millisecond;

    /// <summary>How often a pass goes on without watchers that have not taken their events.</summary>
    private const double ImpatienceProbability = 0.1;

    private readonly List<HistoryPlace> _waiting = [];
    private readonly List<HistoryPlace> _places = [];
    private HistoryPass? _pass;
    private FeedChannel? _channel;
    private bool _isResting;

    /// <param name="wake">There may be something to take.</param>
    public HistoryPlace Enter(WatchInterest interest, Revision from, Action wake)
    {
        var place = new HistoryPlace(interest, from, wake);
        if (_pass is null || !TryJoin(_pass, place))
        {
            _waiting.Add(place);
            Begin();
        }

        return place;
    }

    /// <summary>However it ends for the watcher.</summary>
    public void Leave(HistoryPlace place)
    {
        _waiting.Remove(place);
        if (_places.Contains(place))
        {
            GoOnWithout(_pass!, place);
            if (_places.Count == 0)
            {
                _channel!.Close();
                End(isAtWindow: false);
            }
        }
    }

    /// <summary>What a place has got.</summary>
    /// <param name="isOver">Nothing more comes: the next changes are in the window, or on another pass.</param>
    public WatchStep Take(HistoryPlace place, WatchPosition position, out bool isOver)
    {
        isOver = place.LeftAt is not null || place.Oldest is not null;
        if (place.Oldest is { } oldest)
        {
            return new WatchStep([], HasGap: true, oldest, HasSessionEnded: false);
        }

        if (place.Subscription is not { } subscription)
        {
            return WatchStep.Nothing;
        }

        place.IsPending = false;
        return position.Take(subscription.Take(place.LeftAt ?? _pass!.Revision));
    }

    private bool TryJoin(HistoryPass pass, HistoryPlace place)
    {
        place.Subscription = pass.Join(place.Interest, place.From, () =>
        {
            place.IsPending = true;
            place.Wake();
        });
        if (place.Subscription is null)
        {
            return false;
        }

        _places.Add(place);
        return true;
    }

    /// <summary>All waiting watchers go on one pass, from where the oldest of them is.</summary>
    private void Begin()
    {
        if (_pass is not null || _isResting || _waiting.Count == 0)
        {
            return;
        }

        gateway.World.Totals.Count(_waiting.Count > 1 ? Marker.HistoriesShared : Marker.HistoriesReadAlone);
        var pass = _pass = new HistoryPass(_waiting.Min(static place => place.From));
        foreach (var place in _waiting)
        {
            TryJoin(pass, place);
        }

        _waiting.Clear();
        _channel = new FeedChannel(gateway, Take, () => gateway.Memory.Hub.Revision, () => End(isAtWindow: false));
        _channel.Open(gateway.AnyVoter(), pass.Revision);
    }

    /// <returns>Whether the node's history is still wanted.</returns>
    private bool Take(FeedFrame frame)
    {
        var pass = _pass!;
        if (frame is CompactedFrame)
        {
            gateway.World.Facts.Gaps.Require(pass.Revision);
        }

        if (pass.Take(frame) is { } oldest)
        {
            // A watcher that is further than the oldest of them may be lucky on the next pass.
            foreach (var place in _places.FindAll(place => place.From.Next() < oldest))
            {
                GoOnWithout(pass, place);
                place.Oldest = oldest;
                place.Wake();
            }

            End(isAtWindow: false);
            return false;
        }

        if (gateway.Random.Chance(ImpatienceProbability))
        {
            foreach (var place in _places.FindAll(static place => place.IsPending))
            {
                gateway.World.Totals.Count(Marker.WatchesLeftBehindByHistory);
                GoOnWithout(pass, place);
            }
        }

        var isAtWindow = pass.Revision >= gateway.Memory.Hub.WindowStart;
        if (isAtWindow || _places.Count == 0)
        {
            End(isAtWindow);
            return false;
        }

        return true;
    }

    /// <summary>A place still takes what it has got.</summary>
    private void GoOnWithout(HistoryPass pass, HistoryPlace place)
    {
        pass.Leave(place.Subscription!);
        _places.Remove(place);
        place.LeftAt = pass.Revision;
    }

    /// <summary>All watchers that are still on it go on elsewhere: in the window, or on the next pass.</summary>
    private void End(bool isAtWindow)
    {
        var pass = _pass!;
        foreach (var place in _places.ToArray())
        {
            GoOnWithout(pass, place);
            if (isAtWindow || place.IsPending)
            {
                place.Wake();
            }
            else
            {
                place.From = pass.Revision > place.From ? pass.Revision : place.From;
                (place.Subscription, place.LeftAt) = (null, null);
                _waiting.Add(place);
            }
        }

        (_pass, _channel, _isResting) = (null, null, true);
        gateway.Later(Pause, () =>
        {
            _isResting = false;
            Begin();
        });
    }
}
