using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Network;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Redis;

/// <summary>
/// A Redis of which nothing may be expected: it forgets, remembers old entries, is slow or away, and a published
/// message arrives at most once as a rule, and sometimes twice.
/// </summary>
internal sealed class SimulatedRedis(World world, SimulationRandom random) : IEndpoint
{
    public const int Address = 90;

    private SortedDictionary<string, byte[]> _entries = new(StringComparer.Ordinal);
    private SortedDictionary<string, byte[]> _replica = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Lease> _leases = new(StringComparer.Ordinal);
    private readonly SortedSet<(string Channel, int Gateway)> _listeners = [];
    private readonly Dictionary<int, long> _lastArrival = [];
    private long _slowUntil;
    private long _downUntil;
    private double _lost;
    private double _repeated;
    private double _crossed;
    private double _foreign;

    public void Receive(Envelope envelope)
    {
        if (envelope is RedisRequestEnvelope request && world.Scheduler.Now >= _downUntil)
        {
            var delay = world.Scheduler.Now < _slowUntil ? random.NextInt64(Scheduler.Second) : 0;
            world.Scheduler.After(delay, () => Execute(request.From, request.Call, request.Command));
        }
    }

    /// <summary>Something goes wrong with it for some time.</summary>
    public void Strike(long duration)
    {
        world.Totals.Count(Marker.RedisFaults);
        switch (random.Next(13))
        {
            case 0:
                _entries.Clear();
                _leases.Clear();
                break;
            case 1:
                Restart(duration);
                break;
            case 2:
                FailOver();
                break;
            case 3:
                Evict();
                break;
            case 4:
                _slowUntil = world.Scheduler.Now + duration;
                break;
            case 5:
                _lost = random.NextDouble() / 2;
                _repeated = random.NextDouble() / 2;
                world.Scheduler.After(duration, Calm);
                break;
            case 6 or 7:
                _crossed = random.NextDouble();
                world.Scheduler.After(duration, Calm);
                break;
            default:
                Poison();
                _foreign = 0.5;
                world.Scheduler.After(duration, Calm);
                break;
        }
    }

    /// <summary>The faults are over; their effects stay.</summary>
    public void Calm()
    {
        (_lost, _repeated, _crossed, _foreign) = (0, 0, 0, 0);
        _slowUntil = _downUntil = world.Scheduler.Now;
    }

    /// <summary>Its ruler repeats a message that was published before, or seems to have been.</summary>
    public void Repeat(RedisPublish message)
    {
        if (world.Scheduler.Now >= _downUntil)
        {
            Carry(message);
        }
    }

    /// <summary>Its ruler puts something there.</summary>
    public void Plant(RedisSet set) => _entries[set.Key] = set.Value;

    /// <summary>All subscriptions end, and their owners get no notice of it.</summary>
    public void ForgetListeners() => _listeners.Clear();

    /// <summary>A client beside the network stores or publishes something.</summary>
    public void Execute(RedisCommand command)
    {
        if (world.Scheduler.Now >= _downUntil)
        {
            Execute(0, 0, command);
        }
    }

    private void Execute(int from, long call, RedisCommand command)
    {
        var reply = new RedisReplyEnvelope(Address, from, call, null);
        switch (command)
        {
            case RedisGet get:
                world.Network.Send(reply with { Value = Get(get.Key) });
                break;
            case RedisSet set:
                world.Adversary.Overhear(set);
                Set(set);
                RememberSometimes();
                break;
            case RedisLease lease:
                world.Network.Send(reply with { Value = TryLease(lease) ? [] : null });
                break;
            case RedisSubscribe subscribe:
                _listeners.Add((subscribe.Channel, from));
                world.Network.Send(reply with { Value = [] });
                break;
            case RedisPublish publish:
                world.Adversary.Overhear(publish);
                if (!world.Adversary.HoldsBack)
                {
                    Carry(publish);
                }

                break;
        }
    }

    private void Set(RedisSet set)
    {
        _entries[set.Key] = set.Value;
        if (_crossed > 0)
        {
            foreach (var key in _entries.Keys.Where(key => IsOfSamePath(key, set.Key) && random.Chance(_crossed)).ToList())
            {
                _entries[key] = set.Value;
            }
        }
    }

    /// <summary>Of any cluster.</summary>
    private static bool IsOfSamePath(string key, string other) =>
        key.AsSpan(key.IndexOf('/', StringComparison.Ordinal))
            .SequenceEqual(other.AsSpan(other.IndexOf('/', StringComparison.Ordinal)));

    private bool TryLease(RedisLease wanted)
    {
        var isFree = !world.Adversary.HoldsLease && (!_leases.TryGetValue(wanted.Key, out var lease)
            || lease.Ends <= world.Scheduler.Now || lease.Holder == wanted.Holder);
        if (isFree)
        {
            _leases[wanted.Key] = new Lease(wanted.Holder, world.Scheduler.Now + wanted.Duration);
        }

        return isFree;
    }

    private void Carry(RedisPublish message)
    {
        foreach (var (channel, gateway) in _listeners)
        {
            if (!Reaches(message.Channel, channel) || random.Chance(_lost))
            {
                continue;
            }

            Carry(gateway, message.Message);
            if (random.Chance(_repeated))
            {
                Carry(gateway, message.Message);
            }
        }
    }

    /// <summary>As a fault, entries of one cluster get to others as well.</summary>
    private bool Reaches(string published, string channel) =>
        channel == published || (_crossed > 0 && random.Chance(_crossed));

    /// <summary>In order, as a connection does, and not at all where it is cut.</summary>
    private void Carry(int gateway, byte[] message)
    {
        var delay = 1 + random.Exponential(world.Options.NetworkDelay * world.Network.Slowness);
        var arrival = Math.Max(world.Scheduler.Now + delay, _lastArrival.GetValueOrDefault(gateway) + 1);
        _lastArrival[gateway] = arrival;
        world.Scheduler.After(arrival - world.Scheduler.Now, () =>
        {
            if (!world.Network.IsCut(Address, gateway))
            {
                world.Gateways[gateway - World.FirstGateway].Receive(new RedisMessageEnvelope(Address, gateway, message));
            }
        });
    }

    /// <summary>It comes back empty, without its subscriptions.</summary>
    private void Restart(long duration)
    {
        _downUntil = world.Scheduler.Now + duration;
        _entries.Clear();
        _leases.Clear();
        _listeners.Clear();
        foreach (var gateway in world.Gateways)
        {
            gateway.Redis.Disconnected();
        }
    }

    /// <summary>A replica takes over that has received nothing for a while.</summary>
    private void FailOver()
    {
        _entries = new SortedDictionary<string, byte[]>(_replica, StringComparer.Ordinal);
        _leases.Clear();
    }

    private byte[]? Get(string key) =>
        _entries.GetValueOrDefault(key) is not { } entry ? null : _foreign > 0 && random.Chance(_foreign) ? ForeignTo(entry) : entry;

    private void Evict()
    {
        foreach (var key in _entries.Keys.Where(_ => random.Chance(0.5)).ToList())
        {
            _entries.Remove(key);
        }
    }

    /// <summary>A client has written entries to the wrong place: another cluster's, or other keys'.</summary>
    private void Poison()
    {
        var keys = _entries.Keys.ToList();
        for (var i = 0; i < keys.Count; i++)
        {
            if (random.Chance(0.5))
            {
                _entries[keys[i]] = i == 0 || random.Chance(0.5) ? ForeignTo(_entries[keys[i]]) : _entries[keys[random.Next(i)]];
            }
        }
    }

    /// <summary>The same bytes, as another cluster would have written them of another value.</summary>
    private byte[] ForeignTo(byte[] entry)
    {
        const int ClusterAt = 1;
        const int GuidBytes = 16;
        var foreign = entry.ToArray();
        if (foreign.Length <= ClusterAt)
        {
            return foreign;
        }

        random.NextBytes(foreign.AsSpan(ClusterAt, Math.Min(GuidBytes, foreign.Length - ClusterAt)));
        foreign[^1] ^= 1;
        return foreign;
    }

    private void RememberSometimes()
    {
        if (random.Chance(0.02))
        {
            _replica = new SortedDictionary<string, byte[]>(_entries, StringComparer.Ordinal);
        }
    }

    private readonly record struct Lease(Guid Holder, long Ends);
}
