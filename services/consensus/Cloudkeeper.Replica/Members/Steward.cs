using Cloudkeeper.Raft;

namespace Cloudkeeper.Replica.Members;

/// <summary>
/// A leader's own changes of the members: takes out those on their way out, lets learners vote that have caught up,
/// switches to what all programs know. It goes by the log alone, so that a new leader goes on where another stopped.
/// </summary>
internal static class Steward
{
    /// <summary>The next step; null: all is as it should be. Only while no other change is under way.</summary>
    /// <param name="hasCaughtUp">Would it keep pace as a voter?</param>
    public static Membership? NextStep(Membership members, Func<NodeId, bool> isActive, Func<NodeId, bool> hasCaughtUp)
    {
        if (members.Members.Any(IsLeavingLearner))
        {
            return new Membership(members.Members.Where(m => !IsLeavingLearner(m)), members.LastId);
        }

        Member[] wanted = [.. members.Members.Select(m => IsReady(m) ? m with { IsVoter = true } : m)];
        return wanted.SequenceEqual(members.Members) ? null : MembershipStep.Toward(members, wanted);

        bool IsReady(Member member) => member is { IsLearner: true, IsLeaving: false }
            && member.Instance != Guid.Empty
            && isActive(member.Id)
            && hasCaughtUp(member.Id);
    }

    /// <summary>
    /// The feature level to switch to; null: a member does not know more than the present one. A member that is
    /// expected and has never been there runs no program yet: when it comes, it must know what the cluster uses then.
    /// </summary>
    /// <param name="ownLevel">
    /// The leader's own level: the log still names a higher one when it has gone back to an older program just now.
    /// </param>
    public static int? NextLevel(Membership members, int featureLevel, int ownLevel) =>
        ownLevel > featureLevel && members.Members.All(m => m.Level > featureLevel || IsExpected(m)) ? featureLevel + 1 : null;

    /// <summary>
    /// The members that hold the cluster at its feature level although others know the next: to be upgraded, or
    /// removed.
    /// </summary>
    public static IReadOnlyList<NodeId> LevelHolders(Membership members, int featureLevel) =>
        members.Members.Any(m => m.Level > featureLevel)
            ? [.. members.Members.Where(m => m.Level <= featureLevel && !IsExpected(m)).Select(m => m.Id)]
            : [];

    private static bool IsExpected(Member member) => !member.IsVoter && member.Instance == Guid.Empty;

    private static bool IsLeavingLearner(Member member) => member is { IsLeaving: true, IsLearner: true };
}
