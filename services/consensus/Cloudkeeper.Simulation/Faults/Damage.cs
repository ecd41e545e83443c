using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Invariants.Consensus;
using Cloudkeeper.Simulation.Nodes;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Faults;

/// <summary>
/// Which disks may be lost without losing committed entries: those that a quorum of every membership that may be in
/// force can do without.
/// </summary>
internal sealed class Damage(World world)
{
    /// <summary>
    /// All committed entries stay, if this machine loses its disk on top of those that have lost theirs.
    /// </summary>
    public bool MayLose(SimulatedNode node) => CanDecide(id => IsSound(id, except: node));

    /// <summary>These members are enough, now and when any of the learners become voters.</summary>
    public bool CanDecide(Func<NodeId, bool> isThere) =>
        Memberships().All(m => WithLearners(m).All(next => Quorums.Decides(next, isThere)));

    /// <summary>The last committed one, and all newer ones that any member has in its log.</summary>
    private IEnumerable<Membership> Memberships()
    {
        var ledger = world.Checks.Ledger;
        yield return ledger.Membership;
        foreach (var node in world.Nodes)
        {
            if (node.Member is { } member && world.Members.Of(member) is { IsLost: false } view
                && view.Written.MembershipIndex > ledger.Last)
            {
                yield return view.Written.Membership;
            }
        }
    }

    /// <summary>A member whose disk is intact, as far as the simulator knows.</summary>
    public bool IsSound(NodeId id, SimulatedNode? except = null)
    {
        var address = world.Members.AddressOf(id);
        return address > 0
            && world.NodeAt(address) is var node
            && node != except
            && node.Member == id
            && !node.IsRotten
            && !world.Members.Of(id).IsLost;
    }

    /// <summary>Learners may be made voters at any time, some or all of them.</summary>
    private static IEnumerable<Membership> WithLearners(Membership membership)
    {
        var learners = membership.Members.Where(m => m.IsLearner && m.Instance != Guid.Empty).ToList();
        for (var promoted = 0; promoted < 1 << learners.Count; promoted++)
        {
            yield return new Membership(membership.Members.Select(m =>
                learners.IndexOf(m) is var i and >= 0 && (promoted >> i & 1) == 1 ? m with { IsVoter = true } : m));
        }
    }
}
