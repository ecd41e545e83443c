using Cloudkeeper.Protocol;

namespace Cloudkeeper.Coherence.Watches;

/// <summary>One watcher's place in the hub: its interest, and its waiting events.</summary>
/// <param name="after">Changes up to this revision are not for it: it has them, or did not ask for them.</param>
/// <param name="waiting">Of all watchers together.</param>
/// <param name="wake">Called at most once between two calls of <see cref="Take"/>, when there is something to take.</param>
public sealed class Subscription(WatchInterest interest, Revision after, WatchLimits limits, WaitingEvents waiting, Action wake)
{
    /// <summary>
    /// Events that are taken at a time count until they have been sent, if they are more than this: its client may need
    /// long for them.
    /// </summary>
    private const int TakenBytesMin = 64 << 10;

    // Most watchers have nothing waiting most of the time.
    private List<WatchEvent>? _events;
    private IReadOnlyList<WatchEvent> _taken = [];

    // Null once it has left the hub: its waiting events are the watcher's own then.
    private WaitingEvents? _waiting = waiting;
    private long _bytes;
    private long _takenBytes;
    private WatchEvent? _last;
    private Revision _lastRevision;
    private bool _isAwake;
    private bool _hasOverflowed;
    private bool _hasSessionEnded;

    public WatchInterest Interest => interest;

    /// <summary>Events that wait for it or are being sent, in bytes.</summary>
    public long Bytes => _bytes + _takenBytes;

    /// <summary>So many bytes were taken that they count until <see cref="Sent"/>.</summary>
    public bool HasTakenMuch => _takenBytes > 0;

    /// <summary>Among the watchers of its hub.</summary>
    internal long Number { get; init; }

    internal bool HasWaiting => _events is not null;

    /// <summary>Adds an event, once however many targets match it. A whole transaction fits or nothing of it.</summary>
    public void Offer(WatchEvent item)
    {
        if (item.Revision <= after || _last == item || _hasOverflowed)
        {
            return;
        }

        if (item.Revision != _lastRevision && IsFull && !MakeRoom())
        {
            Overflow();
            return;
        }

        (_last, _lastRevision) = (item, item.Revision);
        (_events ??= []).Add(item);
        _bytes += item.Bytes;
        _waiting?.Add(item);
        Wake();
    }

    /// <summary>Changes were lost, here or on the way: the waiting events are worthless.</summary>
    public void Overflow()
    {
        Drop();
        _hasOverflowed = true;
        Wake();
    }

    /// <summary>Has it take its events, which may be nothing but the position.</summary>
    public void Wake()
    {
        if (!_isAwake)
        {
            _isAwake = true;
            wake();
        }
    }

    public void EndSession()
    {
        _hasSessionEnded = true;
        Wake();
    }

    /// <summary>All waiting events, whole transactions only.</summary>
    /// <param name="position">How far the hub is: all events up to there have been taken with this.</param>
    public Delivery Take(Revision position)
    {
        _isAwake = false;
        if (interest.LatestOnly)
        {
            MakeRoom();
        }

        var events = _events ?? (IReadOnlyList<WatchEvent>)[];
        _events = null;
        Sent();
        if (_waiting is not null && _bytes > TakenBytesMin)
        {
            (_taken, _takenBytes) = (events, _bytes);
        }
        else
        {
            _waiting?.Remove(events);
        }

        _bytes = 0;
        return new Delivery(events, position > after ? position : after, _hasOverflowed, _hasSessionEnded);
    }

    /// <summary>The events that were taken last have been sent.</summary>
    public void Sent()
    {
        _waiting?.Remove(_taken);
        (_taken, _takenBytes) = ([], 0);
    }

    /// <summary>Too much waits for all watchers together, and most of it here.</summary>
    internal void GiveWay()
    {
        var before = _bytes;
        if (!MakeRoom() || _bytes > before / 2)
        {
            Overflow();
        }
    }

    /// <summary>Nothing more comes. Waiting events can still be taken.</summary>
    internal void End()
    {
        Sent();
        _waiting?.Remove(_events ?? (IReadOnlyList<WatchEvent>)[]);
        _waiting = null;
    }

    private void Drop()
    {
        _waiting?.Remove(_events ?? (IReadOnlyList<WatchEvent>)[]);
        _events = null;
        _bytes = 0;
    }

    private bool IsFull => _events?.Count >= limits.EventsMax || _bytes >= limits.BytesMax;

    /// <summary>
    /// Drops events that a newer change of the same path has outdated, for subscriptions of only the newest.
    /// </summary>
    private bool MakeRoom()
    {
        if (!interest.LatestOnly || _events is null)
        {
            return false;
        }

        var newest = new Dictionary<string, WatchEvent>(StringComparer.Ordinal);
        foreach (var item in _events)
        {
            newest[item.Change.Path] = item;
        }

        _events.RemoveAll(item =>
        {
            var isOld = newest[item.Change.Path] != item;
            if (isOld)
            {
                _waiting?.Remove(item);
            }

            return isOld;
        });
        _bytes = _events.Sum(static item => (long)item.Bytes);
        return !IsFull;
    }
}

/// <param name="Position">
/// All changes up to this revision have now been delivered, unless <paramref name="HasGap"/>.
/// </param>
public readonly record struct Delivery(
    IReadOnlyList<WatchEvent> Events, Revision Position, bool HasGap, bool HasSessionEnded);
