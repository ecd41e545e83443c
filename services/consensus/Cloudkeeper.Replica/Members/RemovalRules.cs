using Cloudkeeper.Raft;

namespace Cloudkeeper.Replica.Members;

/// <summary>May these members be taken out, and what is the first step?</summary>
internal static class RemovalRules
{
    /// <param name="successor">The member that would lead best among these.</param>
    public static Verdict Judge(IReadOnlyList<NodeId> ids, ClusterFacts facts, Func<IEnumerable<Member>, NodeId?> successor)
    {
        var members = facts.Members;
        if (ids.Where(id => id.Value < 1 || id.Value > members.LastId.Value).ToList() is { Count: > 0 } unknown)
        {
            return Verdict.Refuse(
                ChangeCodes.MemberNotFound,
                Names.Of(unknown, "is not a member of this cluster.", "are not members of this cluster."));
        }

        // A member that is gone was removed already: the request may be a repetition whose first answer was lost.
        var leaving = ids.Where(id => members.Find(id) is not null).Distinct().ToList();
        if (leaving.Count == 0)
        {
            return Verdict.Say(new ChangeOutcome(ChangeStatus.Done) { Membership = members });
        }

        Member[] staying = [.. members.Members.Where(m => !leaving.Contains(m.Id))];
        var next = MembershipStep.Toward(members, staying);
        if (SafetyRule.Judge(next, facts, Names.Of(leaving) + " cannot be removed") is { } objection)
        {
            return objection;
        }

        if (!leaving.Contains(facts.Leader))
        {
            return Verdict.Propose(next);
        }

        // A leader that takes itself out would leave the others without one until they notice. It hands over, and its
        // successor carries out the request.
        return successor(staying) is { } to
            ? Verdict.HandOver(to)
            : Verdict.Wait($"{Names.Of(facts.Leader)} leads, and no voter that stays has caught up yet.");
    }
}
