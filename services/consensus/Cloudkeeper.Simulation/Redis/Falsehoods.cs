using Cloudkeeper.Coherence.Cache;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Redis;

/// <summary>States and changes that were never committed, at revisions that fit.</summary>
internal sealed class Falsehoods(World world, SimulationRandom random)
{
    public string AnyPath() => $"/keys/{random.Next(world.Options.Keys)}";

    /// <summary>A value that was never written, or an absence.</summary>
    public CacheEntry EntryAt(Revision at) => new(random.Chance(0.8) ? NodeAt(at) : AbsentSince(at), HasValue: true, at);

    /// <summary>A transaction that seems to follow a revision.</summary>
    /// <param name="jump">How far it goes.</param>
    public ChangeSet SetAfter(Revision previous, string path, long jump = 1)
    {
        var revision = new Revision(previous.Value + jump);
        var node = NodeAt(revision);
        var change = new Change(ChangeType.Changed, path, node.Stat!.Value, node.ContentType, node.Value, null);
        return new ChangeSet(previous, revision, node.Stat.Value.ModifiedAt, [change], []);
    }

    private static ReadNodeResult AbsentSince(Revision revision) =>
        new(ResultCode.NodeNotFound, null, "", default, revision);

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
