using Cloudkeeper.Coherence.Cache;
using Cloudkeeper.Coherence.Sharing;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Gateways;
using Cloudkeeper.Simulation.Network;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Redis;

/// <summary>What one life of a gateway has to do with Redis: shared nodes, the right to speak, and what others say.</summary>
internal sealed class RedisClient
{
    private const int HeardMax = 64;
    private const int LeasesPerDuration = 3;

    private readonly Gateway _gateway;
    private readonly Guid _id;
    private readonly Dictionary<long, Action<byte[]?>> _calls = [];
    private readonly Queue<FeedFrame> _heard = new();
    private long _leaseEnds;
    private long? _lastHeard;
    private bool _isSubscribed;

    public RedisClient(Gateway gateway)
    {
        _gateway = gateway;
        _id = gateway.Random.NextGuid();
    }

    /// <summary>This gateway is the one that speaks.</summary>
    public bool IsSpeaking => _gateway.World.Scheduler.Now < _leaseEnds;

    /// <summary>Somebody else is speaking.</summary>
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

    /// <param name="found">Null: not there, not to be believed, or not known in time.</param>
    public void Find(string path, Action<CacheEntry?> found)
    {
        var cluster = Cluster;
        Ask(new RedisGet(SharedKeys.Node(cluster, path)), bytes =>
        {
            var entry = bytes is null ? null : SharedNode.Read(bytes, cluster, path);
            _gateway.World.Totals.Count(Marker.ForeignEntriesRefused, bytes is not null && entry is null ? 1 : 0);
            found(entry);
        });
    }

    public void Store(string path, CacheEntry entry) => Send(
        new RedisSet(SharedKeys.Node(Cluster, path), SharedNode.Write(Cluster, path, entry)));

    public void Say(FeedFrame frame)
    {
        if (IsSpeaking && frame is ChangeSetFrame or ProgressFrame)
        {
            Send(new RedisPublish(SharedKeys.Feed(Cluster), new FeedMessage(Cluster, _id, frame).Write()));
        }
    }

    /// <summary>The next thing that was said; null: nothing waits.</summary>
    public FeedFrame? NextHeard() => _heard.TryDequeue(out var frame) ? frame : null;

    public void Receive(RedisReplyEnvelope reply) => Answer(reply.Call, reply.Value);

    /// <returns>Whether there is something new to be heard.</returns>
    public bool Receive(RedisMessageEnvelope envelope)
    {
        var message = FeedMessage.Read(envelope.Message, Cluster);
        _gateway.World.Totals.Count(Marker.ForeignMessagesRefused, message is null ? 1 : 0);
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
