namespace Cloudkeeper.Simulation.Bugs.Catalogue;

/// <summary>Sessions, ephemeral nodes, locks.</summary>
internal static class Sessions
{
    private const string Node = "Cloudkeeper.Replica/ReplicaNode.cs";
    private const string Counting = "Cloudkeeper.Replica/ReplicaNode.Sessions.cs";
    private const string Timers = "Cloudkeeper.Replica/Sessions/SessionTimers.cs";
    private const string State = "Cloudkeeper.Tree/TreeState.cs";

    public static IReadOnlyList<PlantedBug> Planted { get; } =
    [
        new("B-58", "an expiry that could not be proposed is forgotten")
        {
            Edits = [new(Counting, "_sessions.Retry(expired);", "expired.Clear();")],
        },
        new("B-59", "a leader that has decided on an end already executes nothing more of that session")
        {
            Edits =
            [
                new(
                    Node,
                    "Machine.Apply(entry.Index.Value,",
                    """
                    if (IsServingLeader && batch.Requests.Any(r =>
                        r.Command is MutationCommand { Operation: WriteOperation { Session: { } s } } && ExpiresIn(s) == 0))
                    {
                        batch = batch with { Requests = [] };
                    }

                    Machine.Apply(entry.Index.Value,
                    """),
            ],
        },
        new("B-60", "a question for a session that is not there is not answered so")
        {
            Edits =
            [
                new(
                    Counting,
                    "hasEnded ? KeepaliveStatus.Expired : KeepaliveStatus.Unknown,",
                    "hasEnded ? KeepaliveStatus.Alive : KeepaliveStatus.Unknown,"),
            ],
        },
        new("B-61", "keepalives are acknowledged without proof that the leader still leads")
        {
            Edits =
            [
                new(
                    Counting,
                    "Read(ReadConsistency.Linearizable, Revision.Zero, outcome => reply(",
                    "Read(ReadConsistency.Local, Revision.Zero, outcome => reply("),
            ],
        },
        new("B-61.2", "keepalives are acknowledged without having been counted") { Switch = Runs.Bug.ForgetKeepalives },
        new("B-62", "a leader goes on with the times that it counted in its earlier leadership")
        {
            Edits =
            [
                new(Node, "_reads.FailRounds();\n_sessions.Clear();", "_reads.FailRounds();"),
                new(Counting, "_sessions.Clear();\n_newestSession = default;", "_newestSession = default;"),
            ],
        },
        new("B-63", "a new leader does not give every session its full time")
        {
            Edits =
            [
                new(
                    Node,
                    "if (IsServingLeader)\n{\nFollowSessions(wasServing);\n}",
                    "FollowSessions(wasServing: true);"),
                new(Node, "_reads.FailRounds();\n_sessions.Clear();", "_reads.FailRounds();"),
            ],
        },
        new("B-64", "a session that has ended may still make nodes")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Tree/Transactions/NodeOperations.cs",
                    "session is { } id && state.Sessions.Find(id) is null ?",
                    "session is { } id && state.Sessions.Find(id) is null && state.Sessions.FindEnded(id) is null ?"),
            ],
        },
        new("B-65", "keepalives count while the end of the session is on its way")
        {
            Edits = [new(Timers, "out var timer) || timer.IsExpiring)", "out var timer))")],
        },
        new("B-66", "a ticket stays in the queue after the end of its session")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Tree/Nodes/NodeTree.cs",
                    "var nodes = session.DetachAll();",
                    """
                    var nodes = Array.FindAll(
                        session.DetachAll(), n => !n.IsTicket || n.Parent!.Children!.Queue.PositionOf(n) == 0);
                    """),
            ],
        },
        new("B-66.2", "a waiting ticket may write under the lock's guard")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Tree/Locks/LockCommands.cs",
                    "state.Nodes.Tickets.Find(ticket) is { } node\n&& ReferenceEquals(node.Parent!.Children!.Queue.Holder, node);",
                    "state.Nodes.Tickets.Find(ticket) is not null;"),
            ],
        },
        new("B-66.3", "the registration of a gateway outlives its session")
        {
            Edits = [new(State, "Gateways.RemoveOf(entry.Ended.Info.Id);", "")],
        },
        new("B-67", "waiters are ordered by their sessions first")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Tree/Locks/LockQueue.cs",
                    "var order = key.CreatedRevision.CompareTo(item.CreatedRevision);\nreturn order != 0",
                    """
                    var order = key.OwnerOrTtl.CompareTo(item.OwnerOrTtl);
                    order = order != 0 ? order : key.CreatedRevision.CompareTo(item.CreatedRevision);
                    return order != 0
                    """),
            ],
        },
    ];
}
