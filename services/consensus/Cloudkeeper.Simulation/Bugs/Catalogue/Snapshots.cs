namespace Cloudkeeper.Simulation.Bugs.Catalogue;

/// <summary>Snapshots and what is applied.</summary>
internal static class Snapshots
{
    private const string State = "Cloudkeeper.Tree/TreeState.cs";

    public static IReadOnlyList<PlantedBug> Planted { get; } =
    [
        new("B-51", "a snapshot's metadata has more entries than it holds")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Replica/ReplicaNode.Snapshots.cs",
                    "new SnapshotMetadata(_applied, _appliedTerm, _raft.MembershipAt(_applied));",
                    "new SnapshotMetadata(\n_raft.CommitIndex, _appliedTerm, _raft.MembershipAt(_raft.CommitIndex));"),
            ],
        },
        new("B-51.2", "a transaction that fails in the middle is applied partly")
        {
            Edits =
            [
                new(
                    State,
                    "if (!outcome.IsOk || !TryCommit(transaction))",
                    "if ((!outcome.IsOk && outcome.Body is not TransactionResult) || !TryCommit(transaction))"),
                new(
                    State,
                    "using Cloudkeeper.Protocol.Feed;",
                    "using Cloudkeeper.Protocol.Commands;\nusing Cloudkeeper.Protocol.Feed;"),
            ],
        },
        new("B-52", "a snapshot holds what was changed while it was written")
        {
            Edits = [new(State, "Snapshot?.Preserve(transaction.Journal, effect.Below);", "")],
        },
        new("B-52.2", "an older state is loaded than the snapshot's metadata name") { Switch = Runs.Bug.LoadOldState },
        new("B-54.2", "a snapshot that is older than what is committed takes the state back")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Raft/RaftNode.Snapshots.cs",
                    "if (snapshot.Index <= CommitIndex)",
                    "if (snapshot.Index.Value <= 0)"),
            ],
        },
        new("B-55", "a follower gets no snapshot from a leader whose log is purged to its end")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Raft/RaftNode.Replication.cs",
                    "SendSnapshot(progress);\nreturn false;",
                    """
                    if (_log.FirstIndex > LastIndex)
                    {
                        progress.WaitForReply();
                        return false;
                    }

                    SendSnapshot(progress);
                    return false;
                    """),
            ],
        },
        new("B-55.2", "a second snapshot before the first is durable takes the commit index back")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Raft/Log/WriteQueue.cs",
                    "commit > _replacedThrough ? commit : _replacedThrough);",
                    "_snapshot is null || commit > _replacedThrough ? commit : _replacedThrough);"),
            ],
        },
        new("B-56", "a snapshot gets its name before its content is durable")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Storage/Snapshots/TemporaryFile.cs",
                    "File.FullSync();\nFile.Dispose();",
                    "File.Dispose();"),
            ],
        },
    ];
}
