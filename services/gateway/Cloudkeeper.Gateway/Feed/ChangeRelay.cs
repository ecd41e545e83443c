using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Watches;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Gateway.Feed;

/// <summary>What the gateway knows of the changes: one feed in, all watchers out. Thread safe.</summary>
internal sealed class ChangeRelay(WatchLimits limits, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly WatchHub _hub = new(limits);
    private readonly List<(Revision Revision, TaskCompletionSource Reached)> _waiting = [];
    private long _lastFrame;
    private bool _isStarted;

    /// <summary>Every change up to here has been seen; 0 before the feed's first word.</summary>
    public Revision Revision { get; private set; }

    public bool IsStarted => Volatile.Read(ref _isStarted);

    public int WatcherCount => _hub.Count;

    /// <summary>Since the feed last said that it is alive: what the gateway knows is at most this old.</summary>
    public TimeSpan Age => time.GetElapsedTime(Volatile.Read(ref _lastFrame));

    /// <summary>The feed is alive.</summary>
    public void Touch() => Volatile.Write(ref _lastFrame, time.GetTimestamp());

    /// <summary>Begins, or goes on behind changes that are lost.</summary>
    public void Restart(Revision revision)
    {
        lock (_gate)
        {
            _hub.Restart(revision);
            Reach(revision);
            Volatile.Write(ref _isStarted, true);
        }
    }

    public void Publish(ChangeSet set)
    {
        lock (_gate)
        {
            _hub.Publish(set);
            Reach(set.Revision);
        }
    }

    /// <summary>Whether the feed reaches a revision in time.</summary>
    public async ValueTask<bool> WaitForAsync(Revision revision, TimeSpan timeout, CancellationToken cancellationToken)
    {
        TaskCompletionSource reached;
        lock (_gate)
        {
            if (Revision >= revision)
            {
                return true;
            }

            reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((revision, reached));
        }

        try
        {
            await reached.Task.WaitAsync(timeout, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
        finally
        {
            lock (_gate)
            {
                _waiting.Remove((revision, reached));
            }
        }
    }

    /// <summary>Watches from the present revision on, or from a later one.</summary>
    public LiveWatch Watch(WatchInterest interest)
    {
        lock (_gate)
        {
            return new LiveWatch(this, interest, Revision);
        }
    }

    /// <summary>
    /// Reads the recent changes above <paramref name="from"/>. When there are none (any more), watches from there on, in
    /// the same step, so that nothing falls between.
    /// </summary>
    /// <returns>False: some of them are only in the nodes' history.</returns>
    public bool TryCatchUp(
        Revision from, WatchInterest interest, int readMax, List<ChangeSet> into, out LiveWatch? live)
    {
        lock (_gate)
        {
            live = null;
            if (from < Revision)
            {
                return _hub.TryRead(from, readMax, into);
            }

            live = new LiveWatch(this, interest, from);
            return true;
        }
    }

    /// <summary>The recent changes in a range that the feed has reached.</summary>
    /// <returns>False: they are not that recent any more.</returns>
    public bool TryRead(Revision from, List<ChangeSet> into)
    {
        lock (_gate)
        {
            return _hub.TryRead(from, int.MaxValue, into);
        }
    }

    internal Subscription Subscribe(WatchInterest interest, Revision after, Action wake)
    {
        lock (_gate)
        {
            return _isStarted
                ? _hub.Subscribe(interest, after, wake)
                : throw new ProblemException(ErrorKinds.NoQuorum, "This gateway has not reached any node yet: try again.");
        }
    }

    internal Delivery Take(Subscription subscription)
    {
        lock (_gate)
        {
            return subscription.Take(Revision);
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
        }
    }

    private void Reach(Revision revision)
    {
        Revision = revision;
        foreach (var (wanted, reached) in _waiting)
        {
            if (wanted <= revision)
            {
                reached.TrySetResult();
            }
        }
    }
}
