namespace Cloudkeeper.Simulation.Bugs.Catalogue;

/// <summary>RELIABILITY 2.6: retries and exactly-once; and what must be the same on every replica (2.8).</summary>
internal static class Retries
{
    private const string Batches = "Cloudkeeper.Tree/ExactlyOnce/BatchExecutor.cs";

    public static IReadOnlyList<PlantedBug> Planted { get; } =
    [
        new("B-68", "a repeated serial is executed again")
        {
            Edits = [new(Batches, "if (lane.Find(request.Serial) is { } earlier)", "if (lane.Find(-1) is { } earlier)")],
        },
        new("B-68.2", "a retry goes under a new number") { Switch = Runs.Bug.NumberRetriesAnew },
        new("B-68.3", "an idempotency key is not looked up")
        {
            Edits = [new(Batches, "if (state.Idempotency.Find(key) is { } entry)", "if (state.Idempotency.Find(\"\") is { } entry)")],
        },
        new("B-69", "a repetition is not recognised as long as the first copy is the last thing in the log")
        {
            Edits =
            [
                new(
                    Batches,
                    "if (lane.Find(request.Serial) is { } earlier)",
                    "if (lane.Find(request.Serial) is { } earlier && earlier.Revision < state.Revision)"),
            ],
        },
        new("D-01", "followers stamp entries with their own clocks") { Switch = Runs.Bug.ApplyWithOwnClock },
    ];
}
