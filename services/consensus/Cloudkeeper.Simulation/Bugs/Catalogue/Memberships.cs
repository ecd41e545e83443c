namespace Cloudkeeper.Simulation.Bugs.Catalogue;

/// <summary>Changes of the membership.</summary>
internal static class Memberships
{
    private const string Members = "Cloudkeeper.Replica/ReplicaNode.Members.cs";
    private const string Transfer = "Cloudkeeper.Raft/RaftNode.Transfer.cs";

    public static IReadOnlyList<PlantedBug> Planted { get; } =
    [
        new("B-02", "a leader changes the membership before it has committed an entry of its term")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Raft/RaftNode.Membership.cs",
                    "if (CommitIndex < _termStart || _log.MembershipIndex > CommitIndex)",
                    "if (_log.MembershipIndex > CommitIndex)"),
                new(
                    Members,
                    "if (!IsServingLeader)\n{\nreturn Verdict.Wait(",
                    "if (_raft.Role != Role.Leader)\n{\nreturn Verdict.Wait("),
                new(
                    Members,
                    "_handover?.Tick();\nif (!IsServingLeader)",
                    "_handover?.Tick();\nif (_raft.Role != Role.Leader)"),
            ],
        },
        new("B-14", "a learner stands for election")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Raft/RaftNode.Election.cs",
                    "private bool MayLead =>\nIsVoter",
                    "private bool MayLead =>\nMembership.Find(Id) is not null"),
            ],
        },
        new("B-14.2", "leadership is handed to a learner")
        {
            Edits =
            [
                new(Transfer, "Membership.Find(progress.Id) is { IsVoter: true };", "progress.IsReachable;"),
                new(Members, ".Where(m => m.IsVoter && m.Id != Id", ".Where(m => m.Id != Id"),
                new(
                    "Cloudkeeper.Replica/Members/TransferRules.cs",
                    "{ IsVoter: false } => Verdict.Refuse(",
                    "{ Id.Value: 0 } => Verdict.Refuse("),
                new(
                    Transfer,
                    "if (MayLead && !AvoidsLeadership && _log.Contains(request.LastIndex, request.LastTerm))",
                    "if (_log.Contains(request.LastIndex, request.LastTerm))"),
                new(
                    "Cloudkeeper.Raft/RaftNode.Election.cs",
                    "Invariant.Require(MayLead && Role != Role.Leader);",
                    "Invariant.Require(Role != Role.Leader);"),
            ],
        },
        new("B-15", "a learner comes back from a restart as a voter")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Storage/Snapshots/SnapshotHeader.cs",
                    "return MembershipCodec.TryDecode(bytes[FixedBytes..], out var membership)",
                    """
                    if (MembershipCodec.TryDecode(bytes[FixedBytes..], out var stored))
                    {
                        stored = new Membership(stored.Members.Select(m => m with { IsVoter = true }), stored.LastId);
                        return new SnapshotHeader(cluster, new SnapshotMetadata(index, term, stored));
                    }

                    return MembershipCodec.TryDecode(bytes[FixedBytes..], out var membership)
                    """),
            ],
        },
        new("B-16", "a member without the last entries, perhaps its promotion, is asked to take over")
        {
            Edits =
            [
                new(Transfer, "_transferTarget == progress.Id && progress.Match == LastIndex)", "_transferTarget == progress.Id)"),
                new(
                    Transfer,
                    "if (MayLead && !AvoidsLeadership && _log.Contains(request.LastIndex, request.LastTerm))",
                    "if (true)"),
            ],
        },
        new("B-54", "an uncommitted membership outlives the log that held it because its index is higher")
        {
            Edits =
            [
                new(
                    "Cloudkeeper.Raft/Log/MembershipHistory.cs",
                    "_items.Clear();\n_items.Add((index, membership));",
                    "_items.RemoveAll(item => item.Since <= index);\n_items.Insert(0, (index, membership));"),
            ],
        },
    ];
}
