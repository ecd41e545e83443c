namespace Cloudkeeper.Raft;

/// <summary>
/// Which membership may follow which: every quorum of one must meet every quorum of the next (thesis, 4.1, 4.3).
/// </summary>
internal static class MembershipRules
{
    public static bool IsSafeStep(Membership current, Membership next)
    {
        var hasVoter = next.Members.Any(m => m.IsVoter);
        if (!hasVoter || next.Members.Count > MembershipCodec.MembersMax || !KeepsIdentities(current, next))
        {
            return false;
        }

        if (current.IsJoint)
        {
            return next.Equals(AfterJoint(current));
        }

        var voters = Voters(current);
        if (next.IsJoint)
        {
            return next.Members.Where(m => m.IsOutgoingVoter).Select(m => m.Id).SequenceEqual(voters);
        }

        var nextVoters = Voters(next);
        return voters.Except(nextVoters).Count() + nextVoters.Except(voters).Count() <= 1;
    }

    /// <summary>The configuration in which a joint one ends.</summary>
    public static Membership AfterJoint(Membership joint) =>
        new(joint.Members.Select(m => m with { IsOutgoingVoter = false }), joint.LastId);

    /// <summary>
    /// A member that has arrived stays the one that it is, and a new one gets an id that no member had before it: a
    /// vote given under an id must never be given again by a process that does not remember it (bug B-15).
    /// </summary>
    private static bool KeepsIdentities(Membership current, Membership next) =>
        next.Members.All(m => current.Find(m.Id) is { } before
            ? before.Instance == Guid.Empty || before.Instance == m.Instance
            : m.Id.Value > current.LastId.Value);

    private static List<NodeId> Voters(Membership membership) =>
        [.. membership.Members.Where(m => m.IsVoter).Select(m => m.Id)];
}
