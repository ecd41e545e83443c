using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Gateway.Tests.Watches.Histories;

/// <summary>
/// Everything that has happened, whole and for ever: the events of watchers are compared with it. Thread safe.
/// </summary>
internal sealed class ChangeModel
{
    private readonly Lock _gate = new();
    private readonly List<ChangeSet> _sets = [];
    private readonly List<(long Revision, TaskCompletionSource Reached)> _waiting = [];

    public long Revision
    {
        get
        {
            lock (_gate)
            {
                return _sets.Count == 0 ? 0 : _sets[^1].Revision.Value;
            }
        }
    }

    public void Add(ChangeSet set)
    {
        lock (_gate)
        {
            Assert.Equal(_sets.Count + 1, set.Revision.Value);
            _sets.Add(set);
            foreach (var (_, reached) in _waiting.FindAll(waiting => waiting.Revision <= set.Revision.Value))
            {
                reached.TrySetResult();
            }

            _waiting.RemoveAll(static waiting => waiting.Reached.Task.IsCompleted);
        }
    }

    public Task ReachedAsync(long revision)
    {
        lock (_gate)
        {
            if (_sets.Count >= revision)
            {
                return Task.CompletedTask;
            }

            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((revision, reached));
            return reached.Task;
        }
    }

    /// <summary>The changes above one revision and up to another that a watcher is interested in, in order.</summary>
    public List<(long Revision, Change Change)> Between(long from, long to, WatchInterest interest)
    {
        lock (_gate)
        {
            return [.. _sets.Skip((int)from).Take((int)Math.Max(0, to - from)).SelectMany(set => set.Changes
                .Where(change => interest.Matches(change.Path)).Select(change => (set.Revision.Value, change)))];
        }
    }

    /// <summary>The state at a revision in which a watcher is interested: the last change of each node.</summary>
    public SortedDictionary<string, Change> StateAt(long revision, WatchInterest interest)
    {
        var state = new SortedDictionary<string, Change>(StringComparer.Ordinal);
        foreach (var (_, change) in Between(0, revision, interest))
        {
            state.Remove(change.Path);
            if (change.Type != ChangeType.Deleted)
            {
                state.Add(change.Path, change);
            }
        }

        return state;
    }
}
