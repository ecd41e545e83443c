namespace Cloudkeeper.Cluster.Tests.Histories;

/// <summary>The checker must accept what a correct store does and notice every single thing that one must not do.</summary>
public sealed class RevisionOrderCheckerTests
{
    private const int Steps = 300;
    private static readonly IEnumerable<int> Seeds = Enumerable.Range(1, 200);

    [Fact]
    public void Valid_histories_are_accepted() => Assert.All(Seeds, seed =>
    {
        var history = new RandomHistory(seed, Steps);

        Assert.Null(RevisionOrderChecker.FindViolation(history.Operations, history.Changes));
    });

    [Fact]
    public void Unknown_outcomes_are_resolved_from_the_changes() => Assert.All(Seeds, seed =>
    {
        var history = new RandomHistory(seed, Steps);
        var random = new Random(seed);
        var operations = history.Operations.Select(o => random.Next(5) > 0 ? o : Forget(o)).ToList();

        Assert.Null(RevisionOrderChecker.FindViolation(operations, history.Changes));
    });

    [Fact]
    public void A_stale_read_is_noticed() => Assert.All(Seeds, seed =>
    {
        var history = new RandomHistory(seed, Steps);
        var index = history.Operations.FindLastIndex(o => o.Kind == OperationKind.Read
            && history.Operations.Exists(w => w.IsWrite && w.Path == o.Path && w.Return < o.Invoke));
        var read = history.Operations[index];
        var seen = history.Operations.Where(w => w.IsWrite && w.Path == read.Path && w.Return < read.Invoke).Max(w => w.Revision);
        var old = history.Changes.LastOrDefault(c => c.Path == read.Path && c.Revision < seen);
        history.Operations[index] = read with { Revision = seen - 1, Value = old?.Value };

        Assert.NotNull(RevisionOrderChecker.FindViolation(history.Operations, history.Changes));
    });

    [Fact]
    public void A_read_of_another_value_than_its_revision_had_is_noticed() => Assert.All(Seeds, seed =>
    {
        var history = new RandomHistory(seed, Steps);
        var index = history.Operations.FindIndex(o => o.IsRead);
        history.Operations[index] = history.Operations[index] with { Value = "never written" };

        AssertNoticed("value", history);
    });

    [Fact]
    public void A_lost_write_is_noticed() => Assert.All(Seeds, seed =>
    {
        var history = new RandomHistory(seed, Steps);
        history.Changes.RemoveAt(new Random(seed).Next(history.Changes.Count));

        Assert.NotNull(RevisionOrderChecker.FindViolation(history.Operations, history.Changes));
    });

    [Fact]
    public void A_write_applied_twice_is_noticed() => Assert.All(Seeds, seed =>
    {
        var history = new RandomHistory(seed, Steps);
        var change = history.Changes[new Random(seed).Next(history.Changes.Count)];
        history.Changes.Add(change with { Revision = history.Changes[^1].Revision + 1 });

        AssertNoticed("without a write", history);
    });

    [Fact]
    public void Two_writes_with_the_same_revision_are_noticed() => Assert.All(Seeds, seed =>
    {
        var history = new RandomHistory(seed, Steps);
        var write = history.Operations.First(o => o.IsWrite);
        history.Operations.Add(write with { Client = 99 });

        AssertNoticed("one revision", history);
    });

    [Fact]
    public void A_refusal_that_was_not_justified_is_noticed() => Assert.All(Seeds, seed =>
    {
        var history = new RandomHistory(seed, Steps);
        var index = history.Operations.FindIndex(o => o is { Outcome: Outcome.Refused, Kind: OperationKind.Create });
        history.Operations[index] = history.Operations[index] with { Path = "/free" };

        AssertNoticed("value", history);
    });

    [Fact]
    public void A_condition_that_did_not_hold_is_noticed() => Assert.All(Seeds, seed =>
    {
        var history = new RandomHistory(seed, Steps);
        var index = history.Operations.FindIndex(o => o is { Outcome: Outcome.Ok, Kind: OperationKind.Replace });
        history.Operations[index] = history.Operations[index] with { ExpectedRevision = 1_000_000 };

        AssertNoticed("value", history);
    });

    [Fact]
    public void A_watch_out_of_order_is_noticed() =>
        Assert.StartsWith(
            "the watch",
            RevisionOrderChecker.FindViolation([], [new Change(2, "/a", "x"), new Change(1, "/a", "y")]),
            StringComparison.Ordinal);

    [Fact]
    public void A_write_that_is_ordered_before_one_that_had_returned_is_noticed()
    {
        Operation[] operations = [Write(1, "x", 2, invoke: 1, @return: 2), Write(2, "y", 1, invoke: 3, @return: 4)];
        Change[] changes = [new(1, "/a", "y"), new(2, "/a", "x")];

        Assert.StartsWith("real time", RevisionOrderChecker.FindViolation(operations, changes), StringComparison.Ordinal);
    }

    [Fact]
    public void A_stale_read_may_be_old_but_not_invented()
    {
        var write = Write(1, "x", 5, invoke: 1, @return: 2);
        var stale = write with { Client = 2, Kind = OperationKind.StaleRead, Revision = 4, Value = null, Invoke = 3, Return = 4 };
        Change[] changes = [new(5, "/a", "x")];

        Assert.Null(RevisionOrderChecker.FindViolation([write, stale], changes));
        Assert.NotNull(RevisionOrderChecker.FindViolation([write, stale with { Value = "y" }], changes));
    }

    private static void AssertNoticed(string violation, RandomHistory history) => Assert.StartsWith(
        violation, RevisionOrderChecker.FindViolation(history.Operations, history.Changes), StringComparison.Ordinal);

    private static Operation Write(int client, string value, long revision, long invoke, long @return) => new()
    {
        Client = client,
        Serial = 1,
        Kind = OperationKind.Put,
        Path = "/a",
        Invoke = invoke,
        Return = @return,
        Outcome = Outcome.Ok,
        Revision = revision,
        Value = value,
    };

    private static Operation Forget(Operation operation) => operation with
    {
        Outcome = Outcome.Unknown,
        Return = long.MaxValue,
        Revision = 0,
        Value = operation.IsRead ? null : operation.Value,
    };
}
