using Cloudkeeper.Raft;

namespace Cloudkeeper.Replica.Members;

/// <summary>May leadership go to this member? Writes rest until it leads: it must be there and know nearly everything.</summary>
internal static class TransferRules
{
    /// <param name="target">Null: the best one.</param>
    /// <param name="successor">The member that would lead best among these.</param>
    public static Verdict Judge(NodeId? target, ClusterFacts facts, Func<IEnumerable<Member>, NodeId?> successor)
    {
        if (target is not { } id)
        {
            return successor(facts.Members.Members) is { } best
                ? Verdict.HandOver(best)
                : Verdict.Wait("No other voter is there and has caught up.");
        }

        if (id == facts.Leader)
        {
            return Verdict.Say(new ChangeOutcome(ChangeStatus.Done) { Leader = id, Membership = facts.Members });
        }

        return facts.Members.Find(id) switch
        {
            null => Verdict.Refuse(ChangeCodes.MemberNotFound, $"{Names.Of(id)} is not a member of this cluster."),
            { IsVoter: false } => Verdict.Refuse(ChangeCodes.UnsafeChange, $"{Names.Of(id)} cannot lead: it does not vote."),
            _ when !facts.IsActive(id) && !facts.IsYoung => Verdict.Refuse(
                ChangeCodes.UnsafeChange, $"{Names.Of(id)} cannot lead: it is not reachable."),
            { } member => successor([member]) is { } one
                ? Verdict.HandOver(one)
                : Verdict.Wait($"{Names.Of(id)} has not caught up yet."),
        };
    }
}
