using Cloudkeeper.Coherence.Cache;
using Cloudkeeper.Coherence.Sharing;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Gateways;
using Cloudkeeper.Simulation.Network;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Redis;

/// <summary>One gateway life's use of Redis: shared nodes, the publisher's lease, and the messages of others.</summary>
internal sealed class RedisClient
{
    private const int HeardMax = 64;
    private const int LeasesPerDuration = 3;

    private readonly Gateway _gateway;
    private readonly Guid _id;
    private readonly RedisSeals _seals;
    private readonly Dictionary<long, Action<byte[]?>> _calls = [];
    private readonly Queue<FeedFrame> _heard = new();
    private long _leaseEnds;
    private long? _lastHeard;
    private bool _isSubscribed;

    public RedisClient(Gateway gateway)
    {
        _gateway = gateway;
        _id = gateway.Random.NextGuid();
        _seals = new RedisSeals(gateway.World, RedisSeals.OurKey, new SimulationRandom(Hash.Of(_id.ToByteArray())));
    }

    /// <summary>This gateway is the publisher.</summary>
    public bool IsSpeaking => _gateway.World.Scheduler.Now < _leaseEnds;

    /// <summary>Another gateway publishes.</summary>
    public bool IsHeard => _lastHeard is { } last && _gateway.World.Scheduler.Now - last < SilenceMax;

    public long SilenceMax => Options.SpeakerLease / 2;

    private Guid Cluster => _gateway.Memory.Cluster;

    private CoherenceOptions Options => _gateway.World.Options.Coherence;

    public void Start()
    {
        if (Options.HasRedis)
        {
            Renew();
        }
    }

    /// <param name="found">Null: not there, implausible, or not known in time.</param>
    public void Find(string path, Action<CacheEntry?> found)
    {
        var cluster = Cluster;
        var name = SharedKeys.Node(cluster, path);
        Ask(new RedisGet(name), bytes =>
        {
            var content = bytes is null ? null : Open(cluster, name, bytes);
            var entry = content is null ? null : SharedNode.Read(content, cluster, path);
            _gateway.World.Totals.Count(Marker.ForeignEntriesRefused, content is not null && entry is null ? 1 : 0);
            found(entry);
        });
    }

    public void Store(string path, CacheEntry entry)
    {
        var name = SharedKeys.Node(Cluster, path);
        var content = SharedNode.Write(Cluster, path, entry);
        Send(new RedisSet(name, _seals.Close(Cluster, name, content, _gateway.Address)));
    }

    public void Say(FeedFrame frame)
    {
        if (IsSpeaking && frame is ChangeSetFrame or ProgressFrame)
        {
            var name = SharedKeys.Feed(Cluster);
            var content = new FeedMessage(Cluster, _id, frame).Write();
            Send(new RedisPublish(name, _seals.Close(Cluster, name, content, _gateway.Address)));
        }
    }

    /// <summary>The next frame that was received; null: nothing waits.</summary>
    public FeedFrame? NextHeard() => _heard.TryDequeue(out var frame) ? frame : null;

    public void Receive(RedisReplyEnvelope reply) => Answer(reply.Call, reply.Value);

    /// <returns>Whether there is a new frame to take.</returns>
    public bool Receive(RedisMessageEnvelope envelope)
    {
        var content = Open(Cluster, SharedKeys.Feed(Cluster), envelope.Message);
        var message = content is null ? null : FeedMessage.Read(content, Cluster);
        _gateway.World.Totals.Count(Marker.ForeignMessagesRefused, content is not null && message is null ? 1 : 0);
        if (message is null || message.Speaker == _id)
        {
            return false;
        }

        _lastHeard = _gateway.World.Scheduler.Now;
        _heard.Enqueue(message.Frame);
        if (_heard.Count > HeardMax)
        {
            _heard.Dequeue();
        }

        return true;
    }

    /// <summary>The connection is reset: it listens no more until it subscribes again.</summary>
    public void Disconnected() => _isSubscribed = false;

    private byte[]? Open(Guid cluster, string name, byte[] entry)
    {
        var content = _seals.Open(cluster, name, entry, _gateway.Address);
        _gateway.World.Totals.Count(Marker.SealsRefused, content is null ? 1 : 0);
        return content;
    }

    private void Renew()
    {
        if (_gateway.Memory.IsStarted)
        {
            var ends = _gateway.World.Scheduler.Now + Options.SpeakerLease;
            Ask(new RedisLease(SharedKeys.Speaker(Cluster), _id, Options.SpeakerLease), reply => Renewed(reply is not null, ends));
            if (!_isSubscribed)
            {
                Ask(new RedisSubscribe(SharedKeys.Feed(Cluster)), reply => _isSubscribed = reply is not null);
            }
        }

        _gateway.Later(Options.SpeakerLease / LeasesPerDuration, Renew);
    }

    private void Renewed(bool isOurs, long ends)
    {
        if (isOurs && !IsSpeaking)
        {
            _gateway.World.Totals.Count(Marker.SpeakerChanges);
        }

        _leaseEnds = isOurs ? ends : 0;
    }

    private void Ask(RedisCommand command, Action<byte[]?> answered)
    {
        var call = Send(command);
        _calls.Add(call, answered);
        _gateway.Later(Math.Max(Options.LookupLimit, Scheduler.Millisecond), () => Answer(call, null));
    }

    private long Send(RedisCommand command)
    {
        var call = _gateway.World.NextId();
        _gateway.World.Network.Send(new RedisRequestEnvelope(_gateway.Address, SimulatedRedis.Address, call, command));
        return call;
    }

    private void Answer(long call, byte[]? value)
    {
        if (_calls.Remove(call, out var answered))
        {
            answered(value);
        }
    }
}
