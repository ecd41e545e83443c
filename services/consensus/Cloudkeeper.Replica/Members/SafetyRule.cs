using Cloudkeeper.Raft;

namespace Cloudkeeper.Replica.Members;

/// <summary>
/// A change must not cost the cluster its majority: after each of its steps, the voters that are known to be there must be
/// enough to decide. Raft itself would take the step and then stand still.
/// </summary>
internal static class SafetyRule
{
    /// <summary>The objection to a step; null: none.</summary>
    /// <param name="complaint">The beginning of the sentence, e.g. <c>n4 cannot be removed</c>.</param>
    public static Verdict? Judge(Membership next, ClusterFacts facts, string complaint)
    {
        if (Objection(next, facts.IsActive) is not { } objection)
        {
            return null;
        }

        // A new leader has not had messages from all voters yet: that is no reason to refuse for good.
        return facts.IsYoung && next.Members.Any(m => m.IsVoter)
            ? Verdict.Wait($"{Names.Of(facts.Leader)} leads since a moment only and has not heard from all voters yet.")
            : Verdict.Refuse(ChangeCodes.UnsafeChange, $"{complaint}: {objection}");
    }

    private static string? Objection(Membership next, Func<NodeId, bool> isActive)
    {
        var voters = next.Members.Where(m => m.IsVoter).Select(m => m.Id).ToList();
        var outgoing = next.Members.Where(m => m.IsOutgoingVoter).Select(m => m.Id).ToList();
        if (voters.Count == 0)
        {
            return "no voter would be left";
        }

        if (Missing(voters, isActive) is { } missing)
        {
            return voters.Count == 1
                ? $"{Names.Of(voters[0])}, the only voter that would be left, is not reachable"
                : $"{missing.Needed} of the remaining {voters.Count} voters would be needed and {missing.Present}";
        }

        return outgoing.Count > 0 && Missing(outgoing, isActive) is { } now
            ? $"{now.Needed} of the present {outgoing.Count} voters are needed and {now.Present}"
            : null;
    }

    private static (int Needed, string Present)? Missing(List<NodeId> voters, Func<NodeId, bool> isActive)
    {
        var active = voters.FindAll(v => isActive(v));
        var needed = (voters.Count / 2) + 1;
        if (active.Count >= needed)
        {
            return null;
        }

        return (needed, active.Count == 0 ? "none is reachable" : "only " + Names.Of(active, "is reachable", "are reachable"));
    }
}
