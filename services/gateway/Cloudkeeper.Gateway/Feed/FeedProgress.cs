using Cloudkeeper.Coherence.Delivery;
using Cloudkeeper.Coherence.Feed;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Feed;

/// <summary>How far this gateway's knowledge has come, and how fresh it is. Thread safe; readers do not wait for watchers.</summary>
internal sealed class FeedProgress(TimeProvider time)
{
    /// <summary>When no leader knows a change of the feed for so long, it is no change of this cluster.</summary>
    private static readonly TimeSpan PoisonPatience = TimeSpan.FromSeconds(2);

    private readonly RevisionWaiters _waiters = new(time);
    private readonly Lock _gate = new();
    private readonly FreshnessProofs _proofs = new();
    private readonly PoisonCheck _poison = new((long)(PoisonPatience.TotalSeconds * time.TimestampFrequency));
    private Guid _cluster;
    private long _lastFrame;
    private long _lastProof;
    private long _awaitedInVain;
    private long _named;
    private volatile bool _isStarted;
    private volatile bool _isOpen;
    private volatile bool _isPoisoned;

    /// <summary>The cache has seen every change up to here; 0 before the feed's first frame.</summary>
    public Revision Revision => _waiters.Revision;

    /// <summary>The cluster of these changes.</summary>
    public Guid Cluster
    {
        get
        {
            lock (_gate)
            {
                return _cluster;
            }
        }
    }

    public bool IsStarted => _isStarted;

    /// <summary>Since the feed's last frame.</summary>
    public TimeSpan Age => time.GetElapsedTime(Volatile.Read(ref _lastFrame));

    /// <summary>Whether it is worth while to wait for a revision: the feed is open, and does not lag behind already.</summary>
    public bool IsCurrent => _isOpen && Volatile.Read(ref _awaitedInVain) <= Revision.Value;

    /// <summary>The state here is at most this old; null: nothing is proved.</summary>
    public TimeSpan? Staleness
    {
        get
        {
            lock (_gate)
            {
                return _proofs.FreshAsOf is { } asOf ? time.GetElapsedTime(asOf) : null;
            }
        }
    }

    /// <summary>The newest revision of this cluster that a leader has named.</summary>
    public Revision Named => new(Volatile.Read(ref _named));

    /// <summary>The feed has brought changes that no leader knows.</summary>
    public bool IsPoisoned => _isPoisoned;

    /// <summary>How many revisions the feed was behind when the leader was last asked.</summary>
    public long Behind { get; private set; }

    /// <summary>The feed is alive.</summary>
    public void Touch()
    {
        Volatile.Write(ref _lastFrame, time.GetTimestamp());
        _isOpen = true;
    }

    /// <summary>The feed has broken.</summary>
    public void Close() => _isOpen = false;

    /// <summary>Begins, or goes on behind changes that are lost, or with another cluster.</summary>
    public void Restart(Guid cluster, Revision revision)
    {
        lock (_gate)
        {
            _cluster = cluster;
            _proofs.Restart();
            _poison.Restart();
            _isPoisoned = false;
            Volatile.Write(ref _awaitedInVain, 0);
            Volatile.Write(ref _named, 0);
            _waiters.Reach(revision);
        }

        _isStarted = true;
    }

    public void Reach(Revision revision)
    {
        _waiters.Reach(revision);
        lock (_gate)
        {
            _proofs.Reach(revision);
        }
    }

    /// <summary>The leader has answered a question.</summary>
    public void Confirm(ReadIndex index)
    {
        // All reads of a batch bring the same.
        if (Interlocked.Exchange(ref _lastProof, index.AskedAt) == index.AskedAt)
        {
            return;
        }

        lock (_gate)
        {
            Behind = Math.Max(0, index.Revision.Value - Revision.Value);
            if (index.Cluster == _cluster)
            {
                _proofs.Add(index.Revision, index.AskedAt, Revision);
                _poison.Confirm(index.Revision, index.AskedAt, Revision, time.GetTimestamp());
                _isPoisoned = _poison.IsPoisoned;
                Volatile.Write(ref _named, Math.Max(_named, index.Revision.Value));
            }
        }
    }

    /// <summary>Whether the feed reaches a revision in time.</summary>
    public ValueTask<bool> WaitForAsync(Revision revision, TimeSpan timeout, CancellationToken cancellationToken) =>
        _waiters.WaitForAsync(revision, timeout, cancellationToken);

    /// <summary>The feed has not reached a revision that exists: other reads need not wait until it has.</summary>
    public void NoteLag(Revision revision) => Volatile.Write(ref _awaitedInVain, revision.Value);
}
