namespace Cloudkeeper.Simulation.Bugs.Catalogue;

/// <summary>Linearizable reads.</summary>
internal static class Reads
{
    private const string Rounds = "Cloudkeeper.Raft/RaftNode.Reads.cs";
    private const string Sessions = "Cloudkeeper.Replica/ReplicaNode.Sessions.cs";

    public static IReadOnlyList<PlantedBug> Planted { get; } =
    [
        new("B-22", "a read joins the round whose heartbeats are under way already")
        {
            Edits =
            [
                new(
                    Rounds,
                    "_waitingReads.Add(ticket);",
                    """
                    if (_readRounds.TryPeek(out var round))
                    {
                        round.Tickets.Add(ticket);
                        return true;
                    }

                    _waitingReads.Add(ticket);
                    """),
            ],
        },
        new("B-35", "a new leader serves reads before it has committed an entry of its term")
        {
            Edits = [new(Rounds, "_waitingReads.Count > 0 && CommitIndex >= _termStart;", "_waitingReads.Count > 0;")],
        },
        new("B-36", "an answer to an old round confirms the newest")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Raft/RaftNode.Replication.cs",
                    "progress.Answered(reply.Round);",
                    "progress.Answered(_round);"),
            ],
        },
        new("B-37", "reads that wait when leadership is lost are served instead of refused")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Replica/Reads/PendingReads.cs",
                    "waiting.Reply(new ReadOutcome(ReadStatus.NotLeader, null));",
                    "_byIndex.Enqueue(waiting, 0);"),
            ],
        },
        new("B-38", "a read is served before the round has answered")
        {
            Edits =
            [
                new(
                    Rounds,
                    "_waitingReads.Add(ticket);",
                    "_readStates.Add(new ReadState(ticket, CommitIndex, Term));"),
            ],
        },
        new("B-38.2", "any node serves linearizable reads from what it has applied")
        {
            Switch = Runs.Bug.ReadWithoutRound,
        },
        new("B-40", "sessions are timed with the wall clock")
        {
            Edits =
            [
                new(
                    Sessions,
                    "AwakeMilliseconds => _awake.Read(_host.MonotonicMilliseconds);",
                    "AwakeMilliseconds => _host.UnixMilliseconds;"),
            ],
        },
        new("B-40.2", "the clock by which a leader counts runs at twice the speed") { Switch = Runs.Bug.FastClock },
    ];
}
