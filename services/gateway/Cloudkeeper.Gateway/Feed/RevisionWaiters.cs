using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Feed;

/// <summary>A revision that advances, and callers that wait until it has come far enough. Thread safe.</summary>
internal sealed class RevisionWaiters(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<Revision, Waiting> _waiting = [];
    private long _revision;

    public Revision Revision => new(Volatile.Read(ref _revision));

    /// <summary>Goes on to a revision, or back when the state begins anew.</summary>
    public void Reach(Revision revision)
    {
        lock (_gate)
        {
            Volatile.Write(ref _revision, revision.Value);
            while (_waiting.Count > 0 && _waiting.First() is var (wanted, waiting) && wanted <= revision)
            {
                _waiting.Remove(wanted);
                waiting.Reached.SetResult();
            }
        }
    }

    /// <returns>False: the time was up before.</returns>
    public ValueTask<bool> WaitForAsync(Revision revision, TimeSpan timeout, CancellationToken cancellationToken) =>
        Revision >= revision ? new ValueTask<bool>(true) : WaitAsync(revision, timeout, cancellationToken);

    private async ValueTask<bool> WaitAsync(Revision revision, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (Join(revision) is not { } waiting)
        {
            return true;
        }

        try
        {
            await waiting.Reached.Task.WaitAsync(timeout, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
        finally
        {
            Leave(revision, waiting);
        }
    }

    private Waiting? Join(Revision revision)
    {
        lock (_gate)
        {
            if (Revision >= revision)
            {
                return null;
            }

            if (!_waiting.TryGetValue(revision, out var waiting))
            {
                _waiting.Add(revision, waiting = new Waiting());
            }

            waiting.Count++;
            return waiting;
        }
    }

    private void Leave(Revision revision, Waiting waiting)
    {
        lock (_gate)
        {
            // A reached revision was removed; another one of the same number may have come since a new beginning.
            if (--waiting.Count == 0 && _waiting.GetValueOrDefault(revision) == waiting)
            {
                _waiting.Remove(revision);
            }
        }
    }

    private sealed class Waiting
    {
        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Count { get; set; }
    }
}
