using Cloudkeeper.Coherence.Cache;
using Cloudkeeper.Coherence.Feed;
using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Invariants;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Gateways;

/// <summary>
/// What one life of a gateway knows by its feed: the real rules, in the order in which the gateway calls them. The cache has
/// a change first; the watchers get it from a queue behind that.
/// </summary>
internal sealed class GatewayMemory
{
    private readonly Gateway _gateway;
    private readonly FeedRule _feed = new();
    private readonly FreshnessProofs _proofs = new();
    private readonly PoisonCheck _poison = new(2 * Scheduler.Second);
    private readonly Queue<FeedFrame> _pump = new();
    private readonly List<(Revision Revision, Action<bool> Reached)> _waiting = [];
    private Revision _awaitedInVain;

    public GatewayMemory(Gateway gateway)
    {
        _gateway = gateway;
        var options = gateway.World.Options.Coherence;
        Cache = new CacheRule(options.CacheBytesMax);
        Hub = new WatchHub(options.Watches);
    }

    public CacheRule Cache { get; }

    public WatchHub Hub { get; }

    /// <summary>The feed has begun, and watchers may come.</summary>
    public bool HasWatchers { get; private set; }

    public bool IsStarted => Cluster != Guid.Empty;

    public bool IsOpen { get; set; }

    public Guid Cluster => _feed.Cluster;

    public Revision Revision => _feed.Revision;

    /// <summary>Behind which a feed has to begin; null: anywhere.</summary>
    public Revision? Position => _feed.Position;

    /// <summary>It is worth while to wait for a revision: the feed is open, and does not lag behind already.</summary>
    public bool IsCurrent => IsOpen && _awaitedInVain <= Revision;

    /// <summary>Since when it is proved that nothing is missing here, virtual microseconds; null: nothing is proved.</summary>
    public long? FreshAsOf => _proofs.FreshAsOf;

    /// <summary>The newest revision that a leader has named.</summary>
    public Revision Named { get; private set; }

    public void NoteLag(Revision revision) => _awaitedInVain = revision;

    /// <summary>The leader has answered a question.</summary>
    public void Confirm(Guid cluster, Revision revision, long askedAt)
    {
        if (cluster == Cluster)
        {
            _proofs.Add(revision, askedAt, Revision);
            _poison.Confirm(revision, askedAt, Revision, _gateway.World.Scheduler.Now);
            if (_poison.IsPoisoned)
            {
                throw new ViolationException(
                    "C5 nothing that no leader knows", $"g{_gateway.Address} is at {Revision}, its leader names {revision}");
            }

            Named = revision > Named ? revision : Named;
        }
    }

    /// <summary>A frame of a node's feed.</summary>
    /// <returns>False: the feed cannot go on like this.</returns>
    public bool Take(FeedFrame frame) => PassOn(frame, _feed.Take(frame));

    /// <summary>A frame out of Redis.</summary>
    /// <returns>False: a node is to be asked.</returns>
    public bool Hear(FeedFrame frame) => PassOn(frame, _feed.Hear(frame));

    private bool PassOn(FeedFrame frame, FeedVerdict verdict)
    {
        IsOpen = true;
        var totals = _gateway.World.Totals;
        switch (verdict)
        {
            case FeedVerdict.Implausible:
                totals.Count(Marker.JumpsRefused);
                return false;
            case FeedVerdict.Restart:
                totals.Count(Marker.FeedsRestarted);
                Restart((StartFrame)frame);
                return true;
            case FeedVerdict.Apply:
                Apply(((ChangeSetFrame)frame).ChangeSet);
                return true;
            case FeedVerdict.Missing or FeedVerdict.OtherCluster:
                return false;
            case FeedVerdict.Compacted:
                totals.Count(Marker.FeedsCompacted);
                return true;
            default:
                return true;
        }
    }

    /// <summary>Whether the feed reaches a revision in time.</summary>
    public void WaitFor(Revision revision, long timeout, Action<bool> reached)
    {
        if (Revision >= revision)
        {
            reached(true);
            return;
        }

        var waiter = (revision, reached);
        _waiting.Add(waiter);
        _gateway.Later(timeout, () =>
        {
            if (_waiting.Remove(waiter))
            {
                reached(false);
            }
        });
    }

    private void Restart(StartFrame start)
    {
        Cache.Restart(start.Cluster, start.From);
        _proofs.Restart();
        _poison.Restart();
        Named = Revision.Zero;
        _awaitedInVain = Revision.Zero;
        Reach();
        Pump(start);
    }

    private void Apply(ChangeSet set)
    {
        Cache.Apply(set);
        _proofs.Reach(set.Revision);
        _gateway.World.Facts.Caches.Applied(Cache, set);
        Reach();
        Pump(new ChangeSetFrame(set));
    }

    private void Reach()
    {
        foreach (var waiter in _waiting.FindAll(w => w.Revision <= Revision))
        {
            _waiting.Remove(waiter);
            waiter.Reached(true);
        }
    }

    private void Pump(FeedFrame frame)
    {
        _pump.Enqueue(frame);
        if (_pump.Count == 1)
        {
            PumpLater();
        }
    }

    private void PumpLater()
    {
        var delay = _gateway.Random.Exponential(_gateway.World.Options.Coherence.PumpDelay);
        _gateway.Later(Math.Min(delay, Scheduler.Second), () =>
        {
            PassOn(_pump.Dequeue());
            if (_pump.Count > 0)
            {
                PumpLater();
            }
        });
    }

    private void PassOn(FeedFrame frame)
    {
        if (frame is ChangeSetFrame { ChangeSet: var set })
        {
            Hub.Publish(set);
        }
        else
        {
            HasWatchers = true;
            Hub.Restart(((StartFrame)frame).From);
        }
    }
}
