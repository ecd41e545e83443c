namespace Cloudkeeper.Simulation.Bugs.Catalogue;

/// <summary>Replication of the log, commit.</summary>
internal static class Replication
{
    private const string Node = "Cloudkeeper.Raft/RaftNode.cs";
    private const string Output = "Cloudkeeper.Raft/RaftNode.Output.cs";
    private const string Following = "Cloudkeeper.Raft/RaftNode.Following.cs";
    private const string Leading = "Cloudkeeper.Raft/RaftNode.Replication.cs";
    private const string Log = "Cloudkeeper.Raft/Log/RaftLog.cs";
    private const string Writes = "Cloudkeeper.Raft/Log/WriteQueue.cs";
    private const string Majority = "Cloudkeeper.Raft/Quorum/Majority.cs";

    public static IReadOnlyList<PlantedBug> Planted { get; } =
    [
        new("B-17", "an append deletes everything behind the entry before it, also what agrees")
        {
            Edits =
            [
                new(
                    Following,
                    "while (i < entries.Count && _log.Contains(entries[i].Index, entries[i].Term))",
                    "while (i < entries.Count && entries[i].Index <= CommitIndex)"),
            ],
        },
        new("B-18", "a previous entry that is compacted is taken for a conflict")
        {
            Edits = [new(Following, "if (request.PreviousIndex < CommitIndex)", "if (request.PreviousIndex.Value < 0)")],
        },
        new("B-19", "the term of a compacted or missing entry is 0, as if it were known")
        {
            Edits = [new(Log, "term = default;\nreturn false;", "term = default;\nreturn true;")],
        },
        new("B-20", "the acknowledged indexes are only partly sorted before the quorum is taken")
        {
            Edits =
            [
                new(
                    Majority,
                    "values.Sort();",
                    """
                    for (var i = 1; i < values.Length; i++)
                    {
                        if (values[i - 1] > values[i])
                        {
                            (values[i - 1], values[i]) = (values[i], values[i - 1]);
                        }
                    }
                    """),
            ],
        },
        new("B-21", "a quorum is a majority less one")
        {
            Edits =
            [
                new(Majority, "(_voters.Length / 2) + 1;", "_voters.Length == 1 ? 1 : _voters.Length / 2;"),
            ],
        },
        new("B-24", "acknowledgements to the leader of another term count")
        {
            Edits = [new(Node, "if (message.Term < Term)", "if (message.Term < Term && message is not AppendReply)")],
        },
        new("B-25", "a heartbeat raises the term of a leader that goes on stamping entries")
        {
            Edits =
            [
                new(
                    Node,
                    "if (message.Term > Term)\n{",
                    """
                    if (message.Term > Term && Role == Role.Leader && message is HeartbeatRequest)
                    {
                        SetTermAndVote(message.Term, vote: null);
                        return;
                    }

                    if (message.Term > Term)
                    {
                    """),
            ],
        },
        new("B-26", "what does not fit into one output of committed entries is passed over")
        {
            Edits = [new(Output, "_handedOut += committed.Length;", "_handedOut = through;")],
        },
        new("B-27", "the end of an old write makes entries durable that have replaced its own")
        {
            Edits = [new(Writes, "write.Through = Smaller(write.Through, index);", "_ = write;")],
        },
        new("B-28", "the end of a write is not the end of those before it")
        {
            Edits = [new(Writes, "_pending[count].Sequence <= sequence)", "_pending[count].Sequence == sequence)")],
        },
        new("B-29", "the leader counts its own log before it is durable")
        {
            Edits = [new(Leading, "own.TryAccept(_writes.Stable);", "own.TryAccept(LastIndex);")],
        },
        new("B-30", "a write that failed for want of room is reported as done")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Simulation/Nodes/SimulatedLogWriter.cs",
                    "Report(StorageRoom.Full);\nreturn false;",
                    "Report(StorageRoom.Full);\nreturn true;"),
            ],
        },
        new("B-31", "a caller that waits for a proposal is not answered when leadership is lost")
        {
            Edits = [new("Cloudkeeper.Replica/ReplicaNode.cs", "_commands.FailAll();\n_reads", "_reads")],
        },
        new("B-31.2", "a command whose client was answered that nothing was done is sent with the next attempt")
        {
            Edits =
            [
                new(
                    "../gateway/Cloudkeeper.Coherence/Delivery/BatchDelivery.cs",
                    "var mayHappen = _mayBeDone || (MayChange && !ends && !IsOverdue(now));",
                    "var mayHappen = _mayBeDone;"),
            ],
        },
        new("B-32", "recovery brings back the tail that a shorter one has replaced")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Storage/Log/LogRecovery.cs",
                    "_entries.RemoveRange(kept, _entries.Count - kept);\n_entries.AddRange(write.Entries);",
                    """
                    var replaced = Math.Min(write.Entries.Length, _entries.Count - kept);
                    _entries.RemoveRange(kept, replaced);
                    _entries.InsertRange(kept, write.Entries);
                    next = next with { LastIndex = next.LastIndex + (_entries.Count - kept - write.Entries.Length) };
                    """),
            ],
        },
        new("B-32.2", "a restart loses the last entry of the log") { Switch = Runs.Bug.LoseLogTail },
        new("B-33", "a follower that is more than 50 entries back is probed at the same place again and again")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Raft/Replication/Progress.cs",
                    "Next = next > Match ? next : Match.Next();\n_waitsForReply",
                    "Next = rejected - next > 50 ? Next : next > Match ? next : Match.Next();\n_waitsForReply"),
            ],
        },
    ];
}
