using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Hosting.Memory;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Gateway.Feed;

/// <summary>One feed in, all watchers out. Thread safe.</summary>
/// <param name="budget">
/// Is charged with the waiting events of the watchers, which have their own limit within it.
/// </param>
internal sealed class ChangeRelay(WatchLimits limits, MemoryBudget budget, TimeProvider time)
{
    /// <summary>
    /// Events that wait for quick watchers come and go with each change: only more than this is charged.
    /// </summary>
    private const long ToldBytesMin = 64 << 10;

    private readonly Lock _gate = new();
    private readonly WatchHub _hub = new(limits);
    private readonly RevisionWaiters _waiters = new(time);
    private long _told;
    private volatile bool _isStarted;

    /// <summary>The watchers have got every change up to here; 0 before the feed's first frame.</summary>
    public Revision Revision => _waiters.Revision;

    public bool IsStarted => _isStarted;

    public int WatcherCount => _hub.Count;

    /// <summary>All changes above this revision are in the window of recent changes.</summary>
    public Revision WindowStart
    {
        get
        {
            lock (_gate)
            {
                return _hub.WindowStart;
            }
        }
    }

    /// <summary>Begins, or goes on behind changes that are lost.</summary>
    public void Restart(Revision revision)
    {
        lock (_gate)
        {
            _hub.Restart(revision);
            TellBudget();
            _waiters.Reach(revision);
            _isStarted = true;
        }
    }

    public void Publish(ChangeSet set)
    {
        lock (_gate)
        {
            _hub.Publish(set);
            TellBudget();
            _waiters.Reach(set.Revision);
        }
    }

    /// <summary>Whether the changes up to a revision pass in time.</summary>
    public ValueTask<bool> WaitForAsync(Revision revision, TimeSpan timeout, CancellationToken cancellationToken) =>
        _waiters.WaitForAsync(revision, timeout, cancellationToken);

    /// <summary>Watches from the present revision on, or from a later one.</summary>
    public LiveWatch Watch(WatchInterest interest)
    {
        lock (_gate)
        {
            return new LiveWatch(this, interest, Revision);
        }
    }

    /// <inheritdoc cref="WatchHub.TryCatchUp"/>
    /// <exception cref="ProblemException">No node has been reached yet.</exception>
    public bool TryCatchUp(
        Revision from, WatchInterest interest, int readMax, List<ChangeSet> into, Action wake, out Subscription? live)
    {
        lock (_gate)
        {
            RequireStarted();
            return _hub.TryCatchUp(from, interest, readMax, into, wake, out live);
        }
    }

    /// <summary>The recent changes above a revision, up to another one at least.</summary>
    /// <returns>False: they have not come yet, or are not that recent any more.</returns>
    public bool TryRead(Revision from, Revision through, List<ChangeSet> into)
    {
        lock (_gate)
        {
            return _hub.Revision >= through && _hub.TryRead(from, int.MaxValue, into);
        }
    }

    internal Subscription Subscribe(WatchInterest interest, Revision after, Action wake)
    {
        lock (_gate)
        {
            RequireStarted();
            return _hub.Subscribe(interest, after, wake);
        }
    }

    internal Delivery Take(Subscription subscription)
    {
        lock (_gate)
        {
            var delivery = subscription.Take(Revision);
            TellBudget();
            return delivery;
        }
    }

    /// <inheritdoc cref="Subscription.Sent"/>
    internal void Sent(Subscription subscription)
    {
        lock (_gate)
        {
            subscription.Sent();
            TellBudget();
        }
    }

    internal void EndSession(Subscription subscription)
    {
        lock (_gate)
        {
            subscription.EndSession();
        }
    }

    internal void Unsubscribe(Subscription subscription)
    {
        lock (_gate)
        {
            _hub.Unsubscribe(subscription);
            TellBudget();
        }
    }

    private void TellBudget()
    {
        var more = _hub.WaitingBytes - _told;
        if (more >= ToldBytesMin)
        {
            budget.Add(MemoryUse.WaitingChanges, more);
        }
        else if (more <= -ToldBytesMin || (more < 0 && _hub.WaitingBytes == 0))
        {
            budget.Return(MemoryUse.WaitingChanges, -more);
        }
        else
        {
            return;
        }

        _told += more;
    }

    private void RequireStarted()
    {
        if (!_isStarted)
        {
            throw new ProblemException(ErrorKinds.NoQuorum, "This gateway has not reached any node yet: try again.");
        }
    }
}
