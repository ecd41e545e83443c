using Cloudkeeper.Raft;

namespace Cloudkeeper.Simulation.Invariants.Consensus;

/// <summary>
/// The quorums of a membership, counted in the dullest way: the check must not share the code it checks.
/// </summary>
internal static class Quorums
{
    /// <summary>A majority of the voters and, in a joint change, one of the outgoing voters (thesis, 4.3).</summary>
    public static bool Decides(Membership membership, Func<NodeId, bool> agrees) =>
        IsMajority(membership.Members.Where(m => m.IsVoter), agrees)
        && (!membership.IsJoint || IsMajority(membership.Members.Where(m => m.IsOutgoingVoter), agrees));

    /// <summary>Every quorum of the one has a member in common with every quorum of the other.</summary>
    public static bool Intersect(Membership one, Membership other)
    {
        var ids = one.Members.Concat(other.Members).Select(m => m.Id).Distinct().ToList();
        for (var set = 0; set < 1 << ids.Count; set++)
        {
            var inside = set;
            if (Decides(one, id => Contains(inside, id)) && Decides(other, id => !Contains(inside, id)))
            {
                return false;
            }
        }

        return true;

        bool Contains(int set, NodeId id) => (set >> ids.IndexOf(id) & 1) == 1;
    }

    private static bool IsMajority(IEnumerable<Member> voters, Func<NodeId, bool> agrees)
    {
        var all = 0;
        var agreeing = 0;
        foreach (var voter in voters)
        {
            all++;
            agreeing += agrees(voter.Id) ? 1 : 0;
        }

        return agreeing > all / 2;
    }
}
