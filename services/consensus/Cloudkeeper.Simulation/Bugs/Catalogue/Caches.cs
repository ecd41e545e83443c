namespace Cloudkeeper.Simulation.Bugs.Catalogue;

/// <summary>The caches of gateways, in memory and shared.</summary>
internal static class Caches
{
    private const string Rule = "../gateway/Cloudkeeper.Coherence/Cache/CacheRule.cs";
    private const string Floors = "../gateway/Cloudkeeper.Coherence/Cache/ChangeFloors.cs";
    private const string Shared = "../gateway/Cloudkeeper.Coherence/Sharing/SharedNode.cs";
    private const string Message = "../gateway/Cloudkeeper.Coherence/Sharing/FeedMessage.cs";
    private const string Seals = "../gateway/Cloudkeeper.Coherence/Sharing/Seal.cs";
    private const string Keys = "../gateway/Cloudkeeper.Coherence/Sharing/SharedKeys.cs";

    public static IReadOnlyList<PlantedBug> Planted { get; } =
    [
        new("B-74", "an answer that is late is kept although its path has changed since")
        {
            Edits = [new(Rule, "|| !_floors.IsUnchangedSince(path, at))", ")")],
        },
        new("B-74.2", "a linearizable read is answered from what is kept, however old it is")
        {
            Edits =
            [
                new(Rule, "return at >= required;", "return at >= required || at.Value > 0;"),
                new(
                    "Cloudkeeper.Simulation/Gateways/CachedReads.cs",
                    "Memory.WaitFor(point.Revision, Options.FeedWait,",
                    "Memory.WaitFor(Revision.Zero, Options.FeedWait,"),
            ],
        },
        new("B-74.3", "a path that has not been changed for long counts as never changed")
        {
            Edits = [new(Floors, "Start = oldest.Value.Revision;", "")],
        },
        new("B-74.4", "an entry stays although a child has come or gone")
        {
            Edits = [new(Rule, "_entries.Remove(parent);", "")],
        },
        new("B-74.5", "the absence of a node stays when it is created")
        {
            Edits =
            [
                new(
                    Rule,
                    "_entries.Set(change.Path, EntryOf(change, revision));",
                    """
                    if (entry.Node.Stat is not null || change.Type != ChangeType.Created)
                    {
                        _entries.Set(change.Path, EntryOf(change, revision));
                    }
                    """),
            ],
        },
        new("B-74.6", "the cache is as fresh as the newest answer of a leader, however far the feed is")
        {
            Edits =
            [
                new(
                    "../gateway/Cloudkeeper.Coherence/Feed/FreshnessProofs.cs",
                    "if (revision <= reached)",
                    "if (revision.Value >= 0 || revision <= reached)"),
            ],
        },
        new("B-74.7", "a parent below which something came and went in one transaction is not named")
        {
            Edits = [new("Cloudkeeper.Tree/Transactions/NetChanges.cs", "if (told.Add(parent))", "if (!told.Add(parent))")],
        },
        new("B-75", "an entry of another cluster is taken out of Redis")
        {
            Edits = [new(Shared, "|| reader.ReadGuid() != cluster", "|| reader.ReadGuid() == Guid.Empty")],
        },
        new("B-75.2", "an entry of another path is taken out of Redis")
        {
            Edits =
            [
                new(
                    Shared,
                    "|| reader.ReadString(Limits.PathBytesMax) != path)",
                    "|| reader.ReadString(Limits.PathBytesMax).Length == 0 || path.Length == 0)"),
            ],
        },
        new("B-75.3", "an old entry of Redis is taken although its path has changed since")
        {
            Edits =
            [
                new(
                    Rule,
                    "return entry.At <= Revision && Fill(cluster, path, entry.Node, withValue: true, entry.At);",
                    "return Fill(cluster, path, entry.Node, withValue: true, entry.At > Revision ? entry.At : Revision);"),
            ],
        },
        new("B-75.4", "what another cluster publishes is taken for the own feed when it gets onto its channel")
        {
            Edits = [new(Message, "|| new Guid(bytes.Slice(1, 16)) != cluster)", ")")],
        },
        new("B-75.5", "two clusters on one Redis have the same keys and channels, and readers believe it")
        {
            Edits =
            [
                new(Keys, "$\"cloudkeeper:{cluster:N}\"", "$\"cloudkeeper:{(cluster == Guid.Empty ? 0 : 1)}\""),
                new(Shared, "|| reader.ReadGuid() != cluster", "|| reader.ReadGuid() == Guid.Empty"),
                new(Message, "|| new Guid(bytes.Slice(1, 16)) != cluster)", ")"),
            ],
        },
        new("F-06", "a forgotten deletion is taken for one that never was")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Tree/History/TombstoneTable.cs",
                    "_tombstones.Find(path)?.Revision ?? Floor;",
                    "_tombstones.Find(path)?.Revision ?? Revision.Zero;"),
            ],
        },
        new("SR-H1", "what comes out of Redis is believed without a proof that a gateway has written it")
        {
            Edits =
            [
                new(
                    Seals,
                    """
                    catch (AuthenticationTagMismatchException)
                    {
                        return null;
                    """,
                    """
                    catch (AuthenticationTagMismatchException)
                    {
                        return entry[HeadBytes..^TagBytes].ToArray();
                    """),
            ],
        },
        new("SR-H1.2", "what a gateway has written under one name is believed under another one")
        {
            Edits =
            [
                new(Seals, "entry.AsSpan(^TagBytes..), Encoding.UTF8.GetBytes(name));", "entry.AsSpan(^TagBytes..));"),
                new(Seals, "content, Encoding.UTF8.GetBytes(name));", "content);"),
                new(
                    Shared,
                    "|| reader.ReadString(Limits.PathBytesMax) != path)",
                    "|| reader.ReadString(Limits.PathBytesMax).Length == 0 || path.Length == 0)"),
            ],
        },
        new("SR-H1.3", "a change from far ahead is taken out of Redis, and all true ones seem to be known")
        {
            Edits =
            [
                new(
                    "../gateway/Cloudkeeper.Coherence/Feed/FeedRule.cs",
                    "far.Value <= Revision.Value + JumpMax",
                    "far.Value >= 0"),
            ],
        },
        new("SR-H1.4", "a gateway stays subscribed for as long as any message comes, however old")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Simulation/Gateways/Feeds/FeedFollower.cs",
                    "private bool IsWorthIt() =>",
                    "private bool IsWorthIt() => _turns > 0 ||"),
            ],
        },
    ];
}
