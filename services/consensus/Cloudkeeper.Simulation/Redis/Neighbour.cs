using Cloudkeeper.Coherence.Cache;
using Cloudkeeper.Coherence.Sharing;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Redis;

/// <summary>
/// Another cluster on the same Redis, such as a copy for tests: the same paths, the same revisions at the same time, and other
/// values. Whoever believes any of it is found out by the invariants of caches and watches.
/// </summary>
internal sealed class Neighbour(World world, SimulationRandom random)
{
    private readonly Guid _cluster = random.NextGuid();
    private readonly Guid _speaker = random.NextGuid();
    private readonly int _pace = random.Logarithmic(5, 200) * (int)Scheduler.Millisecond;

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
        var redis = world.Redis;
        var path = $"/keys/{random.Next(world.Options.Keys)}";
        var now = world.Checks.Ledger.Revision;
        if (random.Chance(0.5))
        {
            var entry = new CacheEntry(NodeAt(now), HasValue: true, now);
            redis.Execute(new RedisSet(SharedKeys.Node(_cluster, path), SharedNode.Write(_cluster, path, entry)));
        }
        else
        {
            Say(random.Chance(0.2) ? new ProgressFrame(now) : new ChangeSetFrame(SetAfter(now, path)));
        }
    }

    private void Say(FeedFrame frame) => world.Redis.Execute(
        new RedisPublish(SharedKeys.Feed(_cluster), new FeedMessage(_cluster, _speaker, frame).Write()));

    private ChangeSet SetAfter(Revision previous, string path)
    {
        var revision = new Revision(previous.Value + 1);
        var node = NodeAt(revision);
        var change = new Change(ChangeType.Changed, path, node.Stat!.Value, node.ContentType, node.Value, null);
        return new ChangeSet(previous, revision, node.Stat.Value.ModifiedAt, [change], []);
    }

    private ReadNodeResult NodeAt(Revision revision)
    {
        var value = new byte[8];
        random.NextBytes(value);
        var time = World.Epoch + (world.Scheduler.Now / Scheduler.Millisecond);
        var stat = new NodeStat(
            new Revision(1), revision, Revision.Zero, time, time, Version: 1, ChildrenVersion: 0, AclVersion: 0,
            NodeKind.Persistent, EphemeralOwner: null, TtlMilliseconds: 0, value.Length, ChildCount: 0);
        return new ReadNodeResult(ResultCode.Ok, stat, "application/octet-stream", value, Revision.Zero);
    }
}
