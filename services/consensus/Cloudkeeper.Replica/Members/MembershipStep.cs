using Cloudkeeper.Raft;

namespace Cloudkeeper.Replica.Members;

internal static class MembershipStep
{
    /// <summary>
    /// The first step from a membership towards another: the other itself when at most one voter comes or goes, else a joint
    /// change, in which voters that leave stay until it is over and are marked to be taken out then (thesis, 4.1 and 4.3).
    /// </summary>
    public static Membership Toward(Membership current, IReadOnlyList<Member> wanted)
    {
        var before = current.Members.Where(m => m.IsVoter).ToDictionary(m => m.Id);
        var after = wanted.Where(m => m.IsVoter).Select(m => m.Id).ToHashSet();
        var changes = before.Keys.Count(id => !after.Contains(id)) + after.Count(id => !before.ContainsKey(id));
        if (changes <= 1)
        {
            return new Membership(wanted, current.LastId);
        }

        var stay = wanted.Select(m => m with { IsOutgoingVoter = before.Remove(m.Id) });
        Member[] members = [.. stay];
        var leave = before.Values.Select(m => m with { IsVoter = false, IsOutgoingVoter = true, IsLeaving = true });
        return new Membership([.. members, .. leave], current.LastId);
    }
}
