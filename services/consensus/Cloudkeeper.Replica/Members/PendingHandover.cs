using Cloudkeeper.Raft;

namespace Cloudkeeper.Replica.Members;

/// <summary>
/// A hand-over that a caller waits for: until there is another leader, or this one leads on, or too much time has
/// passed.
/// </summary>
/// <param name="ticks">How long to wait.</param>
internal sealed class PendingHandover(NodeId target, bool isWish, int ticks, Action<ChangeOutcome> reply)
{
    private int _ticksLeft = ticks;

    public void Tick() => _ticksLeft--;

    /// <summary>True: it is over, and answered.</summary>
    /// <param name="transferTarget">The member to which this replica is handing over at this moment.</param>
    public bool TryEnd(bool isLeader, NodeId? leader, NodeId? transferTarget, Membership members)
    {
        if (isLeader ? transferTarget == target : leader is null && _ticksLeft > 0)
        {
            return false;
        }

        reply(isLeader
            ? ChangeOutcome.UnderWay($"{Names.Of(target)} has not taken over in time, {Names.Of(leader!.Value)} leads on.")
            : isWish && leader == target
                ? new ChangeOutcome(ChangeStatus.Done) { Leader = leader, Membership = members }
                : ChangeOutcome.NotLeader(leader));
        return true;
    }
}
