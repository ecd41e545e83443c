using Cloudkeeper.Raft;
using Cloudkeeper.Replica;
using Cloudkeeper.Replica.Members;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Invariants;
using Cloudkeeper.Simulation.Nodes;
using Cloudkeeper.Simulation.Oracle;
using Cloudkeeper.Simulation.Runs;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Faults;

/// <summary>
/// The operators' actions on a cluster, at the worst of times, repeatedly, and without looking first.
/// </summary>
internal sealed class MembershipFaults(World world, SimulationRandom random)
{
    private const int AttemptsMax = 6;

    /// <summary>How many election timeouts long a learner that arrives is watched.</summary>
    private const int LearnersWatched = 10;

    private readonly Damage _damage = new(world);

    private bool _isOver;

    private Membership Committed => world.Checks.Ledger.Membership;

    /// <summary>There are no more requests.</summary>
    public void End() => _isOver = true;

    public void Strike(FaultClass fault)
    {
        switch (fault)
        {
            case FaultClass.Transfer:
                Transfer();
                break;
            case FaultClass.Joining:
                JoinAny();
                break;
            case FaultClass.Removal:
                Remove(DrawMembers(), AttemptsMax);
                break;
            default:
                Impersonate();
                break;
        }
    }

    /// <summary>To the best, to a laggard, to a learner, to a dead one, to none; sometimes two at once.</summary>
    private void Transfer()
    {
        for (var i = random.Chance(0.2) ? 2 : 1; i > 0; i--)
        {
            var target = DrawSuccessor();
            world.Totals.Count(Marker.TransfersAsked);
            AskAll((replica, reply) => replica.Transfer(target, random.Chance(0.1), reply), CountTransfer);
        }
    }

    private NodeId? DrawSuccessor()
    {
        // Learners are rare, and gone soon.
        var learners = Committed.Members.Where(m => m.IsLearner && m.Instance != Guid.Empty).ToList();
        if (learners.Count > 0 && random.Chance(0.3))
        {
            return random.Pick(learners).Id;
        }

        return random.Chance(0.3) ? null : new NodeId(random.Between(1, Committed.LastId.Value));
    }

    private void CountTransfer(ChangeOutcome outcome) => world.Totals.Count(outcome.Status switch
    {
        ChangeStatus.Done => Marker.LeadershipTransfers,
        ChangeStatus.Refused => Marker.TransfersRefused,
        ChangeStatus.UnderWay => Marker.TransfersFailed,
        _ => Marker.WishesAtOthersThanTheLeader,
    });

    private void JoinAny()
    {
        var spares = world.Nodes.Where(static n => n.IsGone).ToList();
        if (spares.Count > 0)
        {
            var spare = random.Pick(spares);
            spare.IsGone = false;
            spare.Start();
        }

        if (random.Chance(0.5))
        {
            HandToLearners(world.Scheduler.Now + (LearnersWatched * world.Options.ElectionTimeout));
        }
    }

    /// <summary>
    /// Between two ticks, when a learner has caught up and does not vote yet, it could do all that a voter does:
    /// then an operator wants it to lead (bug B-14).
    /// </summary>
    private void HandToLearners(long until) => world.Scheduler.After(world.Options.Tick / 4, () =>
    {
        if (_isOver || world.Scheduler.Now > until)
        {
            return;
        }

        foreach (var node in world.Nodes)
        {
            node.Process?.Post(HandToLearner);
        }

        HandToLearners(until);
    });

    private void HandToLearner(ReplicaNode replica)
    {
        if (replica.DescribeMembers().FirstOrDefault(static m => m.State == MemberState.CaughtUp) is { } learner)
        {
            world.Totals.Count(Marker.TransfersAsked);
            replica.Transfer(learner.Member.Id, dryRun: false, CountTransfer);
        }
    }

    private List<NodeId> DrawMembers()
    {
        var members = Committed.Members.ToArray();
        random.Shuffle(members);
        return [.. members.Take(random.Chance(0.4) ? 2 : 1).Select(m => m.Id)];
    }

    /// <summary>Asks until it is done or refused, at the leader of the moment.</summary>
    private void Remove(List<NodeId> ids, int attempts)
    {
        // A voter whose disk has just been lost still seems to be there: the change could be one too many.
        if (_isOver || attempts == 0 || Committed.Members.Any(m => m.Instance != Guid.Empty && !_damage.IsSound(m.Id)))
        {
            return;
        }

        var isAsked = false;
        AskAll((replica, reply) => replica.RemoveMembers(ids, dryRun: random.Chance(0.1), reply), outcome =>
        {
            Count(ids, outcome);
            if (outcome.Status == ChangeStatus.UnderWay && !isAsked)
            {
                isAsked = true;
                world.Scheduler.After(world.Options.ElectionTimeout, () => Remove(ids, attempts - 1));
            }
        });
    }

    private void Count(List<NodeId> ids, ChangeOutcome outcome)
    {
        world.Totals.Count(Marker.ChangesToldToWait, outcome.Status == ChangeStatus.UnderWay ? 1 : 0);
        world.Totals.Count(Marker.RemovalsRefusedAsUnsafe, outcome.Code == ChangeCodes.UnsafeChange ? 1 : 0);
        if (outcome is { Status: ChangeStatus.Done, Membership: { } left } && ids.TrueForAll(id => left.Find(id) is null))
        {
            world.Totals.Count(Marker.MembersRemoved, ids.Count);
            world.Totals.Count(Marker.SeveralMembersRemoved, ids.Count > 1 ? 1 : 0);
        }
    }

    /// <summary>A node of another cluster, one that was removed, one at another's address: none may come in.</summary>
    private void Impersonate()
    {
        var members = Committed;
        var former = Enumerable.Range(1, members.LastId.Value)
            .Select(static id => new NodeId(id))
            .Where(id => members.Find(id) is null)
            .ToList();
        var stranger = new Announcement(
            NodeStorage.Cluster, null, random.NextGuid(), MemberBook.UrlOf(99), FeatureLevels.Newest);
        var announcement = random.Next(4) switch
        {
            0 => stranger with { Cluster = random.NextGuid() },
            1 when former.Count > 0 => stranger with { Node = random.Pick(former), Replace = random.Chance(0.5) },
            2 when members.Members.Any(IsHere) => stranger with { Address = members.Members.First(IsHere).Address },
            _ => stranger with { Level = 0 },
        };
        AskAll((replica, reply) => replica.Announce(announcement, reply), outcome =>
        {
            // Its address may have become free in the meantime.
            var isFree = announcement.Cluster == NodeStorage.Cluster && announcement.Node is null
                && !Committed.Members.Any(m => members.Members.Contains(m) && m.Address == announcement.Address);
            if (outcome.Status == ChangeStatus.Done && !isFree)
            {
                throw new ViolationException("I10 membership", $"an impostor is taken in as {outcome.Node}: {announcement}");
            }

            world.Totals.Count(Marker.ImpostorsTurnedAway, outcome.Status == ChangeStatus.Refused ? 1 : 0);
        });
    }

    private static bool IsHere(Member member) => member.Instance != Guid.Empty;

    private void AskAll(Action<ReplicaNode, Action<ChangeOutcome>> ask, Action<ChangeOutcome> reply)
    {
        foreach (var node in world.Nodes)
        {
            node.Process?.Post(replica => ask(replica, reply));
        }
    }
}
