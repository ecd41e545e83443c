namespace Cloudkeeper.Simulation.Bugs.Catalogue;

/// <summary>Retries and exactly-once; and all that must be the same on every replica.</summary>
internal static class Retries
{
    private const string Batches = "Cloudkeeper.Tree/ExactlyOnce/BatchExecutor.cs";

    private const string Delivery = "../gateway/Cloudkeeper.Coherence/Delivery/BatchDelivery.cs";
    private const string Lane = "../gateway/Cloudkeeper.Coherence/Delivery/CommandLane.cs";

    public static IReadOnlyList<PlantedBug> Planted { get; } =
    [
        new("B-68", "a repeated serial is executed again")
        {
            Edits = [new(Batches, "if (lane.Find(request.Serial) is { } earlier)", "if (lane.Find(-1) is { } earlier)")],
        },
        new("B-68.2", "a retry goes under a new number")
        {
            Edits =
            [
                new(
                    Delivery,
                    "Attempts++;\nreturn DeliveryStep.Send;",
                    "Attempts++;\nBody = codec.Encode(_batch, 0);\nreturn DeliveryStep.Send;"),
                new(Lane, "if (batch[i].Serial == 0)", "if (_serial > 0)"),
            ],
        },
        new("B-68.4", "requests that had no effect are not put back into the queue")
        {
            Edits = [new(Delivery, "queue.PutBack(_batch.Where(static request => !request.IsEnded));\n_batch.Clear();", "_batch.Clear();")],
        },
        new("B-68.5", "after an attempt without an answer the next refusal is reported as nothing done")
        {
            Edits = [new(Delivery, "_mayBeDone |= isLost;", "")],
        },
        new("B-68.6", "the numbers of a batch that may have been executed are given to others")
        {
            Edits = [new(Delivery, "if (_mayBeDone)\n{\nDivideSent(reason);", "if (_batch.Count == 0)\n{\nDivideSent(reason);")],
        },
        new("B-68.7", "a leader that is none any more is asked for ever")
        {
            Edits = [new("../gateway/Cloudkeeper.Coherence/Delivery/LeaderGuess.cs", "Leave(asked, members);", "")],
        },
        new("B-68.8", "the commands of an expired lane go again although an attempt had no answer")
        {
            Edits = [new(Delivery, "if (Attempts == 1 && !_mayBeDone)", "if (Attempts > 0)")],
        },
        new("B-68.9", "the commands of an expired lane keep their numbers in the next one")
        {
            Edits = [new(Delivery, "codec.GiveBack(_batch);", "")],
        },
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
