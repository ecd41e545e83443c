using Cloudkeeper.Coherence.Feed;
using Cloudkeeper.Coherence.Sharing;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Gateways;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Redis;

/// <summary>
/// An attacker with full control of Redis: reads all, writes and publishes anything, holds back and repeats. He lacks
/// the cluster's key, so a forgery of his own is worthless; all earlier messages of gateways are his to use again. In
/// some runs a mad gateway, which has the key, publishes changes from far ahead. The attack goes on when all other
/// faults are over.
/// </summary>
internal sealed class Adversary(World world, SimulationRandom random)
{
    private const double PatientProbability = 0.4;
    private const int Address = 0;
    private const int KeptMax = 256;
    private const int HugeBytes = 64 << 10;
    private const int TagBytes = 16;
    private const ulong HisKey = 2;

    private readonly List<RedisSet> _entries = [];
    private readonly List<RedisPublish> _messages = [];
    private readonly Guid _speaker = random.NextGuid();
    private readonly int _pace = random.Logarithmic(2, 50) * (int)Scheduler.Millisecond;
    private readonly Falsehoods _falsehoods = new(world, random);
    private readonly RedisSeals _his = new(world, HisKey, random.Split());
    private readonly RedisSeals _stolen = new(world, RedisSeals.OurKey, random.Split());
    private readonly bool _hasMadGateway = random.Chance(0.3);

    // Drawn apart: earlier seeds keep their runs where he is absent.
    private readonly bool _isPatient = new SimulationRandom(Hash.Mix(world.Options.Seed, 0x51E6)).Chance(PatientProbability);
    private RedisPublish? _lastSignOfLife;
    private bool _besieges;

    /// <summary>No published message goes further, save those that the adversary repeats.</summary>
    public bool HoldsBack { get; private set; }

    /// <summary>No gateway gets the publisher's lease.</summary>
    public bool HoldsLease { get; private set; }

    private bool IsThere => world.Options.Coherence is { HasRedis: true, IsSealed: true }
        && world.Options.Has(FaultClass.HostileRedis);

    public void Start()
    {
        if (IsThere)
        {
            ActLater();
        }
    }

    /// <summary>
    /// To the end a patient one keeps the lease from all gateways, lets no message through, and repeats the last one: a
    /// subscriber gets messages, misses none that it knows of, and receives no news any more.
    /// </summary>
    public void Besiege()
    {
        if (IsThere && _isPatient && _lastSignOfLife is { } voice)
        {
            world.Totals.Count(Marker.RedisSieges);
            (_besieges, HoldsBack, HoldsLease) = (true, true, true);
            Haunt(voice, int.MaxValue);
        }
    }

    public void Overhear(RedisSet set) => Keep(_entries, set);

    public void Overhear(RedisPublish message)
    {
        Keep(_messages, message);
        _lastSignOfLife = message;
    }

    private void Keep<T>(List<T> kept, T item)
    {
        if (IsThere)
        {
            kept.Add(item);
            if (kept.Count > KeptMax)
            {
                kept.RemoveAt(random.Next(KeptMax));
            }
        }
    }

    private void ActLater() => world.Scheduler.After(random.Exponential(_pace), () =>
    {
        Act(random.Pick(world.Gateways));
        ActLater();
    });

    private void Act(Gateway victim)
    {
        if (!victim.Memory.IsStarted)
        {
            return;
        }

        world.Totals.Count(Marker.RedisLies);
        if (_besieges)
        {
            // A publication would show the subscribers that they have missed something.
            StoreLie(victim);
            return;
        }

        switch (random.Next(20))
        {
            case < 6:
                StoreLie(victim);
                break;
            case < 12:
                PublishLie(victim);
                break;
            case < 14 when _hasMadGateway:
                PublishJump(victim);
                break;
            case < 16:
                Replay();
                break;
            case < 17:
                HoldsBack = random.Chance(0.5);
                break;
            case < 18:
                HoldsLease = !HoldsLease;
                break;
            case < 19 when random.Chance(0.2):
                if (!_isPatient)
                {
                    world.Redis.ForgetListeners();
                }

                break;
            default:
                Haunt(_lastSignOfLife, random.Logarithmic(3, 300));
                break;
        }
    }

    /// <summary>An entry of a value that was never written, or one that was true once, or of another path.</summary>
    private void StoreLie(Gateway victim)
    {
        var (cluster, path) = (victim.Memory.Cluster, _falsehoods.AnyPath());
        var name = SharedKeys.Node(cluster, path);
        var bytes = _entries.Count > 0 && random.Chance(0.5)
            ? Spoil(random.Pick(_entries).Value)
            : Forge(cluster, name, SharedNode.Write(cluster, path, _falsehoods.EntryAt(victim.Memory.Revision)));
        Store(new RedisSet(name, bytes));
    }

    private void PublishLie(Gateway victim)
    {
        var (cluster, known) = (victim.Memory.Cluster, victim.Memory.Revision);
        FeedFrame frame = random.Next(4) switch
        {
            0 => new ProgressFrame(new Revision(known.Value + AnyJump())),
            1 => new ChangeSetFrame(_falsehoods.SetAfter(known, _falsehoods.AnyPath(), AnyJump())),
            _ => new ChangeSetFrame(_falsehoods.SetAfter(known, _falsehoods.AnyPath())),
        };
        var name = SharedKeys.Feed(cluster);
        Publish(name, Forge(cluster, name, new FeedMessage(cluster, _speaker, frame).Write()));
    }

    /// <summary>With the right key, and further ahead than any gateway can be.</summary>
    private void PublishJump(Gateway victim)
    {
        var (cluster, known) = (victim.Memory.Cluster, victim.Memory.Revision);
        FeedFrame frame = random.Chance(0.3)
            ? new ProgressFrame(new Revision(known.Value + AnyJump()))
            : new ChangeSetFrame(_falsehoods.SetAfter(known, _falsehoods.AnyPath(), AnyJump()));
        var name = SharedKeys.Feed(cluster);
        Publish(name, _stolen.Close(cluster, name, new FeedMessage(cluster, _speaker, frame).Write(), Address));
    }

    /// <summary>Old messages are published again, in any order, and an old entry is put back.</summary>
    private void Replay()
    {
        for (var i = random.Next(4); i > 0 && _messages.Count > 0; i--)
        {
            var message = random.Pick(_messages);
            Publish(message.Channel, random.Chance(0.2) ? Spoil(message.Message) : message.Message);
        }

        if (_entries.Count > 0)
        {
            Store(random.Pick(_entries));
        }
    }

    /// <summary>
    /// The last message is repeated, so that gateways stay subscribed to a publisher that sends nothing else.
    /// </summary>
    private void Haunt(RedisPublish? voice, int times)
    {
        if (voice is not null && times > 0)
        {
            Publish(voice.Channel, voice.Message);
            world.Scheduler.After(world.Options.Coherence.SpeakerLease / 4, () => Haunt(voice, times - 1));
        }
    }

    /// <summary>Bare, in the shape of a seal but bare, or sealed by another key.</summary>
    private byte[] Forge(Guid cluster, string name, byte[] content)
    {
        var sealedByHim = _his.Close(cluster, name, content, Address);
        switch (random.Next(4))
        {
            case 0:
                return content;
            case 1:
                content.CopyTo(sealedByHim, sealedByHim.Length - content.Length - TagBytes);
                return sealedByHim;
            default:
                return sealedByHim;
        }
    }

    /// <summary>A true entry or message, as it is or changed.</summary>
    private byte[] Spoil(byte[] bytes)
    {
        switch (random.Next(5))
        {
            case 0:
                return bytes[..random.Next(bytes.Length)];
            case 1:
                var changed = bytes.ToArray();
                changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
                return changed;
            case 2 when random.Chance(0.1):
                var huge = new byte[HugeBytes];
                bytes.AsSpan(0, Math.Min(bytes.Length, HugeBytes)).CopyTo(huge);
                return huge;
            default:
                return bytes;
        }
    }

    private long AnyJump() => FeedRule.JumpMax + 1 + random.NextInt64(random.Chance(0.5) ? 10 : Revision.IncarnationStride);

    private void Store(RedisSet set) => world.Redis.Plant(set);

    private void Publish(string channel, byte[] message) => world.Redis.Repeat(new RedisPublish(channel, message));
}
