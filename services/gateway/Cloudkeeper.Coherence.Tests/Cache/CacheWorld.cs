using System.Buffers;
using Cloudkeeper.Coherence.Cache;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Coherence.Tests.Cache;

/// <summary>
/// A tree that keeps what every path was at every revision: the dumb twin of a cache. Its changes are what the feed brings.
/// </summary>
internal sealed class CacheWorld
{
    public static readonly string[] Paths = ["/", "/a", "/a/b", "/a/b/c", "/a/d", "/e", "/f", "/f/g"];

    private readonly StateMachine _machine = new(StateMachineOptions.Default);
    private readonly Dictionary<(long Revision, string Path), ReadNodeResult> _states = [];
    private readonly List<ChangeSet> _changes = [];
    private long _index;

    public CacheWorld()
    {
        for (var level = FeatureLevels.First + 1; level <= FeatureLevels.Newest; level++)
        {
            Apply(new RaiseFeatureLevelCommand(1, level));
        }

        Keep();
    }

    public Guid Cluster { get; } = Guid.NewGuid();

    public Revision Revision => _machine.Revision;

    public ReadNodeResult StateAt(Revision revision, string path) => _states[(revision.Value, path)];

    /// <summary>As a node answers.</summary>
    public ReadNodeResult Answer(Revision revision, string path, bool withValue) =>
        StateAt(revision, path) is var state && withValue ? state : state with { Value = default };

    /// <summary>What the feed brings behind a revision; null when there is nothing.</summary>
    public ChangeSet? ChangesBehind(Revision revision) => _changes.Find(set => set.Previous == revision);

    public void Write(string path, int bytes = 3) => Execute(Value(path, bytes));

    public void Delete(string path) => Execute(new DeleteOperation(path, Recursive: true));

    /// <summary>Changes something or nothing.</summary>
    public void ChangeAtRandom(Random random)
    {
        var paths = random.GetItems(Paths, 1 + random.Next(4));
        Execute([.. paths.Select(path => random.Next(4) switch
        {
            0 => (Operation)new DeleteOperation(path, Recursive: random.Next(2) == 0),
            1 => Value(path, Limits.FeedValueBytesMax + 1),
            _ => Value(path, random.Next(40)),
        })]);
    }

    public void Execute(params Operation[] operations)
    {
        var before = Revision;
        Command command = operations.Length == 1
            ? new MutationCommand(operations[0])
            : new TransactionCommand([], operations, []);
        Apply(command);
        if (Revision > before)
        {
            Keep();
            var news = new List<ChangeSet>();
            _machine.ReadHistory(before, 10, news);
            _changes.AddRange(news.Select(AsInTheFeed));
        }
    }

    public CacheRule StartCache(long bytesMax = 1 << 20)
    {
        var cache = new CacheRule(bytesMax);
        cache.Restart(Cluster, Revision);
        return cache;
    }

    /// <summary>Lets a cache see all that has happened.</summary>
    public void CatchUp(CacheRule cache)
    {
        while (ChangesBehind(cache.Revision) is { } set)
        {
            cache.Apply(set);
        }
    }

    private static WriteOperation Value(string path, int bytes) =>
        new(path, Enumerable.Range(0, bytes).Select(i => (byte)i).ToArray(), "text/plain");

    private void Apply(Command command) => _machine.Apply(
        ++_index, 1, _index, [new CommandBatch(LaneId.None, 0, [new CommandRequest(0, null, 0, [], command)])], []);

    private static ChangeSet AsInTheFeed(ChangeSet set)
    {
        var bytes = new ArrayBufferWriter<byte>();
        FeedFrameCodec.Write(bytes, new ChangeSetFrame(set));
        return ((ChangeSetFrame)FeedFrameCodec.Read(bytes.WrittenSpan)).ChangeSet;
    }

    private void Keep()
    {
        foreach (var path in Paths)
        {
            _states[(Revision.Value, path)] = (ReadNodeResult)_machine.Read(new ReadNodeRequest(path, WithValue: true));
        }
    }
}
