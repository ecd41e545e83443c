using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Sessions;
using Cloudkeeper.Simulation.Clients;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Gateways.Watches;

/// <summary>
/// One watch at a gateway: out of a node's history while its changes are old, out of the gateway's window, then live. It
/// passes on as fast as its client reads.
/// </summary>
internal sealed class GatewayWatch
{
    private const int KeepalivesPerTtl = 3;

    private readonly Gateway _gateway;
    private readonly WatchInterest _interest;
    private readonly Watcher _client;
    private readonly WatchStart _start;
    private WatchPosition _position;
    private HistoryPlace? _place;
    private Subscription? _live;
    private bool _hasProgress;
    private bool _hasSessionEnded;
    private bool _isReadingSnapshot;
    private bool _isOver;

    public GatewayWatch(Gateway gateway, WatchInterest interest, WatchStart start, Watcher client)
    {
        _gateway = gateway;
        _interest = interest;
        _client = client;
        _start = start;
        _position = new WatchPosition(interest, start.From);
        gateway.Watches.Add(this);
        Later(0, interest.Session is { } session ? () => Keep(session, hasBegun: false) : Begin);
    }

    private WatchHub Hub => _gateway.Memory.Hub;

    /// <summary>The gateway dies.</summary>
    public void Reset()
    {
        if (!_isOver)
        {
            _isOver = true;
            _client.Disconnected();
        }
    }

    /// <summary>The client goes.</summary>
    public void Close()
    {
        _isOver = true;
        _gateway.Watches.Remove(this);
        LeaveSources();
    }

    private void LeaveSources()
    {
        LeaveHistory();
        if (_live is { } live)
        {
            Hub.Unsubscribe(live);
            _live = null;
        }
    }

    /// <summary>The watch keeps the session alive that it names, from before it begins.</summary>
    private void Keep(SessionId session, bool hasBegun)
    {
        var world = _gateway.World;
        if (world.Workload.IsStopped)
        {
            Close();
            _client.Disconnected();
            return;
        }

        var sentAt = world.Scheduler.Now;
        var interval = world.Options.SessionTtlMilliseconds * Scheduler.Millisecond / KeepalivesPerTtl;
        _gateway.Keepalive(session, sentAt + (2 * interval), answer => Later(0, () => Kept(session, sentAt, answer, hasBegun)));
        if (hasBegun)
        {
            Later(interval, () => Keep(session, hasBegun: true));
        }
    }

    private void Kept(SessionId session, long sentAt, KeepaliveResult? answer, bool hasBegun)
    {
        var facts = _gateway.World.Facts;
        switch (answer?.Status)
        {
            case null when hasBegun:
                break;
            case null:
                Close();
                _client.Disconnected();
                break;
            case KeepaliveStatus.Alive:
                facts.NoEarlyExpiry.Acknowledged(session, sentAt);
                if (!hasBegun)
                {
                    Keep(session, hasBegun: true);
                    Begin();
                }

                break;
            default:
                facts.Ended.RequireEnding(session, answer);
                _hasSessionEnded = true;
                End(hasBegun);
                break;
        }
    }

    /// <summary>A watcher that has begun gets first the events that are here.</summary>
    private void End(bool hasBegun)
    {
        if (hasBegun)
        {
            Continue();
        }
        else
        {
            Close();
            _client.SessionEnded();
        }
    }

    private void Begin()
    {
        if (_start.WithInitial)
        {
            ReadSnapshot();
        }
        else
        {
            Continue();
        }
    }

    /// <summary>What is there now, and then the changes from there on.</summary>
    private void ReadSnapshot()
    {
        _isReadingSnapshot = true;
        _gateway.Readings.Read(_interest, (snapshot, present) => Later(0, () =>
        {
            _isReadingSnapshot = false;
            if (snapshot is null)
            {
                Close();
                _client.Disconnected();
                return;
            }

            _position = new WatchPosition(_interest, snapshot.Revision);
            _client.Take(snapshot, present);
            Continue();
        }));
    }

    /// <summary>Goes on with what comes next, as soon as the client has read what came before.</summary>
    private void Continue()
    {
        if (_isReadingSnapshot)
        {
            return;
        }

        if (_live is { } live)
        {
            Deliver(_position.Take(live.Take(Hub.Revision)));
            return;
        }

        var sets = new List<ChangeSet>();
        var readMax = _gateway.World.Options.Coherence.WindowSetsPerRead;
        if (!Hub.TryCatchUp(_position.Revision, _interest, readMax, sets, Woken, out _live))
        {
            ReadHistory();
            return;
        }

        LeaveHistory();
        _gateway.World.Totals.Count(_live is null ? Marker.WatchesCaughtUpFromWindow : Marker.WatchesLive);
        if (_live is null)
        {
            Deliver(_position.Take(sets));
            Later(_client.Pace(), Continue);
        }
        else
        {
            Deliver(_position.Take(_live.Take(Hub.Revision)));
            if (!_hasProgress)
            {
                _hasProgress = true;
                Progress();
            }
        }
    }

    /// <summary>A silent watch sends its progress now and then.</summary>
    private void Progress() => Later(_gateway.World.Options.Coherence.ProgressInterval, () =>
    {
        if (_live is not null)
        {
            Continue();
        }

        Progress();
    });

    private void Woken() => Later(_client.Pace(), Continue);

    private void ReadHistory()
    {
        if (_place is null)
        {
            _gateway.World.Totals.Count(Marker.WatchesCaughtUpFromHistory);
            _place = _gateway.History.Enter(_interest, _position.Revision, Woken);
            return;
        }

        var step = _gateway.History.Take(_place, _position, out var isOver);
        if (isOver)
        {
            LeaveHistory();
            Later(0, Continue);
        }

        Deliver(step);
    }

    private void LeaveHistory()
    {
        if (_place is { } place)
        {
            _place = null;
            _gateway.History.Leave(place);
        }
    }

    private void Deliver(WatchStep step)
    {
        if (_isOver)
        {
            return;
        }

        if (step.HasGap && _start.SnapshotOnGap)
        {
            _gateway.World.Totals.Count(Marker.WatchSnapshotsAfterGaps);
            LeaveSources();
            ReadSnapshot();
        }
        else if (step.HasGap)
        {
            Close();
            _client.Lost(step.OldestRevision);
        }
        else
        {
            _client.Take(step.Events, _position.Revision, step.HasSessionEnded);
            if (!_isOver && (step.HasSessionEnded || _hasSessionEnded))
            {
                Close();
                _client.SessionEnded();
            }
        }
    }

    private void Later(long delay, Action run) => _gateway.Later(delay, () =>
    {
        if (!_isOver)
        {
            run();
        }
    });
}
