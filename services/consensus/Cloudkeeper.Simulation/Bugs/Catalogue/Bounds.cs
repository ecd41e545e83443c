namespace Cloudkeeper.Simulation.Bugs.Catalogue;

/// <summary>The size of one revision, and how long things last (SR-H10, F-05).</summary>
internal static class Bounds
{
    private const string Transactions = "Cloudkeeper.Tree/Transactions/TransactionBounds.cs";
    private const string Retention = "Cloudkeeper.Tree/Levels/RetentionClock.cs";

    public static IReadOnlyList<PlantedBug> Planted { get; } =
    [
        new("SR-H10", "deletions of one transaction count each for itself")
        {
            Edits = [new(Transactions, "transaction.DeletedCount += ", "transaction.DeletedCount = ")],
        },
        new("SR-H10.3", "long paths of one transaction count each for itself")
        {
            Edits = [new(Transactions, "transaction.DeletedPathChars += ", "transaction.DeletedPathChars = ")],
        },
        new("SR-H10.2", "a session gets one node more than may go with it")
        {
            Edits = [new(Transactions, "Ephemerals.Count >= Options.EphemeralsMax", "Ephemerals.Count > Options.EphemeralsMax")],
        },
        new("F-05", "TTL nodes age by the time of day of their leaders")
        {
            Edits =
            [
                new(
                    Retention,
                    "_ => TimeAt(term, stamp.AwakeMilliseconds),",
                    "_ => Time + Math.Max(0, stamp.UnixMilliseconds - LastStamp),"),
            ],
        },
        new("F-05.2", "what one leader has counted is compared with what another has")
        {
            Edits = [new(Retention, "term == LastTerm && awake is", "awake is")],
        },
        new("F-05.3", "a change of a TTL node does not begin its time anew")
        {
            Edits =
            [
                new("Cloudkeeper.Tree/Nodes/NodeTree.cs", "node.UnchangedSince = transaction.TtlStart;", ""),
            ],
        },
        new("B-63.2", "a time in which no node ran counts against the sessions")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Replica/Sessions/AwakeClock.cs",
                    "Math.Clamp(now - _last, 0, gapMax);",
                    "Math.Clamp(now - _last, 0, gapMax + now);"),
            ],
        },
    ];
}
