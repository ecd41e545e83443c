using System.Runtime.InteropServices;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Coherence.Watches;

/// <summary>
/// Gives every change to its watchers, at a cost that only their number determines.
/// </summary>
public sealed class WatchHub(WatchLimits limits)
{
    private readonly Dictionary<string, HashSet<Subscription>> _ofNode = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<Subscription>> _ofChildren = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<Subscription>> _ofSubtree = new(StringComparer.Ordinal);
    private readonly Dictionary<SessionId, HashSet<Subscription>> _ofSession = [];
    private readonly HashSet<Subscription> _all = [];
    private readonly WaitingEvents _waiting = new(limits.AllBytesMax);
    private readonly ChangeWindow _window = new(limits.WindowSetsMax, limits.WindowBytesMax);

    private long _subscribed;

    /// <summary>Every change up to here has been passed on.</summary>
    public Revision Revision { get; private set; }

    /// <summary>Bytes that wait for all watchers together.</summary>
    public long WaitingBytes => _waiting.Bytes;

    public int Count => _all.Count;

    /// <inheritdoc cref="ChangeWindow.Start"/>
    public Revision WindowStart => _window.Start;

    /// <summary>Goes on from a revision without the changes before it. The watchers have lost them.</summary>
    public void Restart(Revision revision)
    {
        Revision = revision;
        _window.Restart(revision);
        foreach (var subscription in _all)
        {
            subscription.Overflow();
        }
    }

    /// <summary>Passes a transaction on. It follows the last one without a gap.</summary>
    public void Publish(ChangeSet set)
    {
        if (set.Previous != Revision || set.Revision <= Revision)
        {
            throw new ArgumentException($"{set.Previous} to {set.Revision} does not follow {Revision}.", nameof(set));
        }

        Revision = set.Revision;
        _window.Add(set);
        if (_all.Count == 0)
        {
            return;
        }

        foreach (var change in set.Changes)
        {
            Offer(set.Revision, change);
        }

        foreach (var parent in set.TouchedParents)
        {
            WakeWatchersOfChildren(parent);
        }

        foreach (var session in set.EndedSessions)
        {
            EndSession(session);
        }

        if (_waiting.IsTooMuch)
        {
            GiveWay();
        }
    }

    /// <summary>
    /// Reads the changes above <paramref name="from"/> out of the window of recent ones, at most some of them.
    /// </summary>
    /// <returns>False: history is needed, the window begins later.</returns>
    public bool TryRead(Revision from, int readMax, ICollection<ChangeSet> into) => _window.TryRead(from, readMax, into);

    /// <summary>
    /// Reads the recent changes above <paramref name="from"/>. When there are none (any more), watches from there on, in
    /// the same step, so that nothing falls between.
    /// </summary>
    /// <param name="wake">See <see cref="Subscription"/>.</param>
    /// <returns>False: some of them are only in the nodes' history.</returns>
    public bool TryCatchUp(
        Revision from, WatchInterest interest, int readMax, ICollection<ChangeSet> into, Action wake, out Subscription? live)
    {
        live = from < Revision ? null : Subscribe(interest, from, wake);
        return live is not null || TryRead(from, readMax, into);
    }

    public Subscription Subscribe(WatchInterest interest, Revision after, Action wake)
    {
        var subscription = new Subscription(interest, after, limits, _waiting, wake) { Number = ++_subscribed };
        _all.Add(subscription);
        foreach (var target in interest.Targets)
        {
            Add(IndexOf(target.Scope), target.Path, subscription);
        }

        if (interest.Session is { } id)
        {
            Add(_ofSession, id, subscription);
        }

        return subscription;
    }

    public void Unsubscribe(Subscription subscription)
    {
        if (!_all.Remove(subscription))
        {
            return;
        }

        subscription.End();
        foreach (var target in subscription.Interest.Targets)
        {
            Remove(IndexOf(target.Scope), target.Path, subscription);
        }

        if (subscription.Interest.Session is { } session)
        {
            Remove(_ofSession, session, subscription);
        }
    }

    /// <summary>The watchers with the longest queues lose them, as if it were too much for one.</summary>
    private void GiveWay()
    {
        var largest = _all.Where(static subscription => subscription.HasWaiting)
            .OrderByDescending(static subscription => subscription.Bytes)
            .ThenBy(static subscription => subscription.Number);
        foreach (var subscription in largest)
        {
            subscription.GiveWay();
            if (_waiting.IsLittle)
            {
                break;
            }
        }

        _waiting.Settle();
    }

    private static void Add<TKey>(Dictionary<TKey, HashSet<Subscription>> index, TKey key, Subscription subscription)
        where TKey : notnull
    {
        ref var watchers = ref CollectionsMarshal.GetValueRefOrAddDefault(index, key, out _);
        (watchers ??= []).Add(subscription);
    }

    private static void Remove<TKey>(Dictionary<TKey, HashSet<Subscription>> index, TKey key, Subscription subscription)
        where TKey : notnull
    {
        if (index.TryGetValue(key, out var watchers) && watchers.Remove(subscription) && watchers.Count == 0)
        {
            index.Remove(key);
        }
    }

    private Dictionary<string, HashSet<Subscription>> IndexOf(WatchScope scope) => scope switch
    {
        WatchScope.Node => _ofNode,
        WatchScope.Children => _ofChildren,
        _ => _ofSubtree,
    };

    private void Offer(Revision revision, Change change)
    {
        var item = new WatchEvent(revision, change);
        var path = change.Path;
        OfferTo(_ofNode, path, item);
        if (path.Length > 1)
        {
            OfferTo(_ofChildren, ParentOf(path), item);
        }

        if (_ofSubtree.Count > 0)
        {
            OfferToAncestors(path, item);
        }
    }

    /// <summary>No event, but a long poll for a newer <see cref="NodeStat.ChildrenRevision"/> has to look.</summary>
    private void WakeWatchersOfChildren(string path)
    {
        if (_ofChildren.TryGetValue(path, out var watchers))
        {
            foreach (var subscription in watchers)
            {
                subscription.Wake();
            }
        }
    }

    private void OfferToAncestors(ReadOnlySpan<char> path, WatchEvent item)
    {
        OfferTo(_ofSubtree, path, item);
        while (path.Length > 1)
        {
            path = ParentOf(path);
            OfferTo(_ofSubtree, path, item);
        }
    }

    private static void OfferTo(
        Dictionary<string, HashSet<Subscription>> index, ReadOnlySpan<char> path, WatchEvent item)
    {
        if (index.Count == 0 || !index.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(path, out var watchers))
        {
            return;
        }

        foreach (var subscription in watchers)
        {
            subscription.Offer(item);
        }
    }

    private void EndSession(SessionId session)
    {
        if (_ofSession.TryGetValue(session, out var watchers))
        {
            foreach (var subscription in watchers)
            {
                subscription.EndSession();
            }
        }
    }

    private static ReadOnlySpan<char> ParentOf(ReadOnlySpan<char> path)
    {
        var slash = path.LastIndexOf('/');
        return slash == 0 ? path[..1] : path[..slash];
    }
}
