namespace Cloudkeeper.Simulation.Bugs.Catalogue;

/// <summary>Bugs that are not planted.</summary>
internal static class Elsewhere
{
    public static IReadOnlyList<OtherBug> All { get; } =
    [
        new(
            "B-06",
            "a vote is not repeated to the same candidate",
            "a candidate asks each voter once a term; with a reply lost it stands again in the next",
            "Raft.Tests ElectionTests.B06"),
        new(
            "B-13",
            "a leader is asked to stand for election",
            "nothing in a replica asks it to",
            "Raft.Tests ElectionTests.B13"),
        new(
            "B-23",
            "old acknowledgements count although the follower's log has gone back",
            "what is acknowledged is durable, and no log goes back: without the filter for old terms no answer is false",
            "Raft.Tests ReplicationTests.B23"),
        new(
            "B-34",
            "what a deposed leader has decided is appended under the new one",
            "nothing is forwarded: a decision is proposed in its own term or nowhere, and carries it",
            "Raft.Tests ReplicationTests.B34"),
        new(
            "B-39",
            "reads are served by a leader that is handing over",
            "there are no leases: a read is proved by a round; the refusal only spares it the wait",
            "Raft.Tests ReadTests.B39"),
        new(
            "B-41",
            "errors of fsync are swallowed by the runtime",
            "the simulated disk has no runtime below it",
            "Storage.Tests PhysicalFileSystemTests.A_failed_sync_ends_everything"),
        new(
            "B-47",
            "an index file is empty, and the node does not start",
            "no file is derived from another",
            "Storage.Tests LogDamageTests.A_file_cut_at_any_byte_is_damage"),
        new(
            "B-70",
            "a proxy sends a request again",
            "the fault class RepeatedRequests does so in every second run; what must catch it is planted as B-68 and B-69",
            null),
    ];
}
