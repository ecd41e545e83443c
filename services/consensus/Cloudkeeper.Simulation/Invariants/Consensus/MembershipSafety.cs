using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Oracle;

namespace Cloudkeeper.Simulation.Invariants.Consensus;

/// <summary>
/// I10: one uncommitted change at a time, quorums of consecutive memberships meet, and an id means one data directory for
/// ever: it is neither given a second time nor used by a process whose disk was lost (thesis, chapter 4).
/// </summary>
internal sealed class MembershipSafety(Ledger ledger)
{
    private readonly Dictionary<NodeId, Guid> _instances = [];
    private readonly Dictionary<Guid, NodeId> _ids = [];
    private readonly HashSet<NodeId> _removed = [];
    private Membership _committed = Membership.Empty;

    /// <summary>A leader writes a new membership behind its log.</summary>
    public void Proposed(NodeView leader, LogIndex index, Membership next)
    {
        var log = leader.Written;
        if (log.MembershipIndex > ledger.Last)
        {
            throw Broken(
                $"node {leader.Id} changes the members at {index} while the change at {log.MembershipIndex} is not committed");
        }

        var current = log.Membership;
        if (!Quorums.Intersect(current, next))
        {
            throw Broken($"a quorum of [{current}] and one of [{next}] have no member in common");
        }

        foreach (var member in next.Members)
        {
            var isNew = current.Find(member.Id) is null;
            if (isNew && member.Id.Value <= current.LastId.Value)
            {
                throw Broken($"id {member.Id} of [{next}] is given, the last one given was {current.LastId}");
            }
        }

        if (next.LastId.Value < current.LastId.Value)
        {
            throw Broken($"the last id goes from {current.LastId} to {next.LastId}");
        }
    }

    /// <summary>Every committed membership, in order.</summary>
    public void Committed(Membership membership)
    {
        foreach (var gone in _committed.Members.Where(m => membership.Find(m.Id) is null))
        {
            _removed.Add(gone.Id);
        }

        foreach (var member in membership.Members)
        {
            RequireSameDirectory(member);
        }

        _committed = membership;
    }

    /// <summary>A replica's members are those of its log.</summary>
    public static void RequireKnown(NodeId node, Membership actual, Membership expected)
    {
        if (!actual.Equals(expected))
        {
            throw Broken($"node {node} has [{actual}] instead of [{expected}]");
        }
    }

    /// <summary>Every sender has the disk that its id stands for.</summary>
    public static void RequireOwnDisk(NodeView node)
    {
        if (node.IsLost)
        {
            throw Broken($"node {node.Id} takes part, but its disk was lost");
        }
    }

    /// <summary>A member that is answered that it was removed has been: it never comes back by itself.</summary>
    public static void RequireGone(NodeId node, Guid instance, Membership committed)
    {
        if (committed.Find(node) is { } member && member.Instance == instance)
        {
            throw Broken($"node {node} got the answer that it is no member any more, and is one of [{committed}]");
        }
    }

    private void RequireSameDirectory(Member member)
    {
        if (_removed.Contains(member.Id))
        {
            throw Broken($"id {member.Id} was removed and is a member again");
        }

        if (member.Instance == Guid.Empty)
        {
            return;
        }

        if (!_instances.TryAdd(member.Id, member.Instance) && _instances[member.Id] != member.Instance)
        {
            throw Broken($"id {member.Id} stood for {_instances[member.Id]} and stands for {member.Instance}");
        }

        // A node that was admitted and removed again before it knew of either still asks, and is given another id (seed
        // 3595).
        if (_ids.TryGetValue(member.Instance, out var id) && id != member.Id && !_removed.Contains(id))
        {
            throw Broken($"the directory {member.Instance} is both {id} and {member.Id}");
        }

        _ids[member.Instance] = member.Id;
    }

    private static ViolationException Broken(string what) => new("I10 membership", what);
}
