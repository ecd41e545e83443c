using Cloudkeeper.Coherence.Sharing;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Redis;

/// <summary>
/// Another cluster on the same Redis, such as a copy for tests: the same key, the same paths, the same revisions at the same
/// time, and other values. A gateway that believes any of it is found out by the invariants of caches and watches.
/// </summary>
internal sealed class Neighbour(World world, SimulationRandom random)
{
    private const int Address = 0;

    private readonly Guid _cluster = random.NextGuid();
    private readonly Guid _speaker = random.NextGuid();
    private readonly int _pace = random.Logarithmic(5, 200) * (int)Scheduler.Millisecond;
    private readonly Falsehoods _values = new(world, random);
    private readonly RedisSeals _seals = new(world, RedisSeals.OurKey, random.Split());

    public void Start()
    {
        if (world.Options.Coherence is { HasRedis: true, HasNeighbour: true })
        {
            ActLater();
        }
    }

    private void ActLater() => world.Scheduler.After(random.Exponential(_pace), () =>
    {
        if (!world.Workload.IsStopped)
        {
            Act();
            ActLater();
        }
    });

    private void Act()
    {
        var path = _values.AnyPath();
        var now = world.Checks.Ledger.Revision;
        if (random.Chance(0.5))
        {
            var name = SharedKeys.Node(_cluster, path);
            var content = SharedNode.Write(_cluster, path, _values.EntryAt(now));
            world.Redis.Execute(new RedisSet(name, _seals.Close(_cluster, name, content, Address)));
        }
        else
        {
            Say(random.Chance(0.2) ? new ProgressFrame(now) : new ChangeSetFrame(_values.SetAfter(now, path)));
        }
    }

    private void Say(FeedFrame frame)
    {
        var name = SharedKeys.Feed(_cluster);
        var content = new FeedMessage(_cluster, _speaker, frame).Write();
        world.Redis.Execute(new RedisPublish(name, _seals.Close(_cluster, name, content, Address)));
    }
}
