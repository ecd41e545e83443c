namespace Cloudkeeper.Hosting.Nodes;

/// <summary>
/// Where the nodes are: at first those that the settings name, then the voters that a leader has named. So members come
/// and go, and their clients need no new settings, not even when none of the first ones is left.
/// </summary>
/// <remarks>
/// Only a leader's own view counts: a node that was removed may not know it, and would name the members of its time for
/// ever. While no leader answers nothing changes either.
/// </remarks>
public sealed class NodeDirectory
{
    /// <summary>More than a cluster has members: an answer that leads to ever new places is followed no further.</summary>
    private const int AsksMax = 64;

    private readonly IReadOnlyList<Uri> _seeds;
    private readonly Lock _gate = new();
    private volatile IReadOnlyList<Uri> _nodes;
    private volatile KnownLeader? _leader;
    private TaskCompletionSource _doubt = NewSignal();
    private TaskCompletionSource _leaderNews = NewSignal();

    /// <param name="seeds">Base addresses; at least one.</param>
    public NodeDirectory(IReadOnlyList<Uri> seeds)
    {
        _seeds = seeds;
        _nodes = seeds;
    }

    /// <summary>Base addresses; never empty.</summary>
    public IReadOnlyList<Uri> Nodes => _nodes;

    /// <summary>
    /// The source of the list of nodes; replaced each time that another node leads, or the same one again.
    /// </summary>
    public KnownLeader? Leader => _leader;

    /// <summary>Completes when <see cref="Leader"/> becomes another one.</summary>
    public Task LeaderNews => Volatile.Read(ref _leaderNews).Task;

    /// <summary>A node does not answer, or one is named that is not known: look again soon.</summary>
    public void Doubt() => Volatile.Read(ref _doubt).TrySetResult();

    /// <summary>Completes when a caller doubts the list, after the given time, or when it is cancelled.</summary>
    /// <returns>Whether a caller doubts it.</returns>
    public async Task<bool> WaitForDoubtAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        var doubt = Volatile.Read(ref _doubt).Task;
        await doubt.WaitAsync(atMost, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Volatile.Write(ref _doubt, NewSignal());
        return doubt.IsCompleted;
    }

    /// <summary>Asks one node after the other until the leader itself answers, and takes its voters over.</summary>
    /// <param name="first">The node that is asked before all others, for instance the last leader.</param>
    /// <param name="ask">Asks one node; null when it does not answer.</param>
    /// <returns>The leader's view, else that of any node, or null when none answers.</returns>
    public async Task<ClusterView?> LookAsync(Uri first, Func<Uri, Task<ClusterView?>> ask)
    {
        ArgumentNullException.ThrowIfNull(ask);
        ClusterView? other = null;
        var asked = new HashSet<Uri>();
        var next = new LinkedList<Uri>([first, .. _nodes, .. _seeds]);
        while (next.First is { Value: var node } && asked.Count < AsksMax)
        {
            next.RemoveFirst();
            if (!asked.Add(node) || await ask(node) is not { } view)
            {
                continue;
            }

            if (view.IsLeaders && TryLearn(view))
            {
                return view;
            }

            other ??= view;
            if (view.Leader is { } leader)
            {
                next.AddFirst(leader);
            }
        }

        return other;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>False: the view of a leader of a later term is already known.</summary>
    private bool TryLearn(ClusterView view)
    {
        lock (_gate)
        {
            // Another cluster at these addresses is the one that was restored there; its terms begin anew.
            var isSameCluster = _leader is { } known && known.Cluster == view.Id;
            if (view.Voters.Count == 0 || (isSameCluster && view.Term < _leader!.Term))
            {
                return false;
            }

            _nodes = view.Voters.SequenceEqual(_nodes) ? _nodes : view.Voters;
            if (!isSameCluster || view.Term > _leader!.Term)
            {
                _leader = new KnownLeader(view.Leader!, view.Id, view.Term);
                Interlocked.Exchange(ref _leaderNews, NewSignal()).SetResult();
            }

            return true;
        }
    }
}

/// <summary>One leadership; each has a term of its own.</summary>
public sealed record KnownLeader(Uri Node, string Cluster, long Term);
