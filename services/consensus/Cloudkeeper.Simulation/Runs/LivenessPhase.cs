using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica;
using Cloudkeeper.Simulation.Clients;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Faults;
using Cloudkeeper.Simulation.Gateways;
using Cloudkeeper.Simulation.Invariants;
using Cloudkeeper.Simulation.Nodes;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Runs;

/// <summary>
/// A quorum is healed, and the others stay broken for good: now the cluster has to recover, within bounds.
/// </summary>
internal sealed class LivenessPhase(World world, SimulationRandom random)
{
    private const int Prober = 999;
    private const int ElectionTimeouts = 20;

    /// <summary>Pages of an initial state that get no answer at the first attempt, at most.</summary>
    private const int SlowPages = 100;

    /// <summary>How often the healed quorum has purged its log to the end when others come back.</summary>
    private const double PurgesBeforeReturn = 0.5;

    /// <summary>How often the snapshot that they need then rots, as far as the others can do without it.</summary>
    private const double RotsBeforeReturn = 0.5;

    /// <summary>Bound for a node that is far behind, as long as it comes nearer.</summary>
    private const long CatchUp = 120 * Scheduler.Second;

    private readonly HealedCore _core = new(world, random);
    private readonly Damage _damage = new(world);
    private readonly List<HistoryOperation> _probes = [];

    /// <summary>Breaks the nodes that are not to be healed.</summary>
    /// <returns>
    /// False: too many disks have rotted at once. Then no answer may be wrong, and nothing need go on.
    /// </returns>
    public bool TryBegin()
    {
        _core.Choose();
        return _core.IsQuorum;
    }

    public void Run()
    {
        world.Trace.Add(TraceKind.Phase, 0, 2);
        var options = world.Options;
        var patience = ElectionTimeouts * options.ElectionTimeout;
        world.Workload.Stop();
        ProbeByWriting();
        ProbeByReading();
        Await("leader, fresh write and fresh read", patience, IsServing);
        Await("end of every call", world.Workload.CallTimeMax, HasNoPendingCalls);
        Await("membership without learners and leavers", patience, IsSettled);
        Await("same state on all healed nodes", patience, IsConverged);
        var coherence = options.Coherence;

        // An initial state is read page by page, and any page may first be asked of a node that stays broken.
        var pages = SlowPages * options.ElectionTimeout;
        Await("word to all watchers of everything", (4 * (coherence.LagMax + coherence.Silence)) + patience + pages, AreTold);
        var ttl = options.SessionTtlMilliseconds * Scheduler.Millisecond;
        HandOverInVain(ttl + patience);
        Await("end of all sessions", ttl + patience, HasNoSessions);
        Await("end of all nodes with a TTL", Requests.TtlMillisecondsMax * Scheduler.Millisecond + patience, HasNoTtlNodes);
        Await("same state on all healed nodes", patience, IsConverged);
        var readPatience = options.Replica.MinRevisionWaitMilliseconds * Scheduler.Millisecond;
        Await("answer to every request", patience + readPatience, HasNoOpenRequests);
        Rejoin();
    }

    /// <summary>At the very end the power goes off everywhere, and all nodes come back, the broken ones too.</summary>
    public void RestartAll()
    {
        world.Trace.Add(TraceKind.Phase, 0, 3);
        _core.RestartAll();
        var last = world.Checks.Ledger.Last;
        Await(
            "entry of a new term on all nodes after a restart",
            ElectionTimeouts * world.Options.ElectionTimeout,
            () => world.Checks.Ledger.Last > last && IsSettled() && IsConverged());
        Await(
            "newest feature level now that all programs know it",
            ElectionTimeouts * world.Options.ElectionTimeout,
            () => world.Checks.Ledger.Machine.FeatureLevel == FeatureLevels.Newest);
    }

    /// <summary>
    /// While leadership is handed to a dead member, nothing can be proposed, sessions' ends neither: they come
    /// later (bug B-58).
    /// </summary>
    private void HandOverInVain(long timeout)
    {
        var dead = world.Nodes.FirstOrDefault(n =>
            !_core.Nodes.Contains(n) && !_core.CutOff.Any(c => c.Node == n) && (!n.IsUp || n.IsPaused));
        if (Leader()?.Process is not { } leader || dead?.Member is not { } successor)
        {
            return;
        }

        Await("session about to end", timeout, () => HasNoSessions() || world.Checks.Ledger.Machine
            .LiveSessions(default)
            .Any(s => leader.Replica.ExpiresIn(s.Id) <= world.Options.ElectionTimeout / 2 / Scheduler.Millisecond));
        leader.Post(r => r.TransferLeadership(successor));
    }

    /// <summary>A node that was cut off comes back, and nothing changes for the others (bug B-10).</summary>
    private void Rejoin()
    {
        // One election it may have been about to begin, with its quorum of pre-votes.
        foreach (var (node, term) in _core.CutOff)
        {
            var now = node.Process?.Replica.Term ?? term;
            if (now > term.Next())
            {
                throw new ViolationException("B-10 quiet exile", $"m{node.Address}, alone, went from term {term} to {now}");
            }
        }

        if (Leader() is not { } leading)
        {
            return;
        }

        var leader = leading.Process!.Replica;
        var leads = leader.Term;
        if (_core.CutOff.Any(c => c.Node.Process?.Replica.Term > leads))
        {
            return;
        }

        // A single answer that is late, and all behind it, can look like a lost quorum.
        world.Network.SlowShare = 0;
        PurgeToTheEnd(leading, leader);
        _core.Rejoin();
        Await(
            "same state on those that have come back",
            ElectionTimeouts * world.Options.ElectionTimeout,
            () => IsSettled() && IsConverged());
        if (leader.Role != Role.Leader || leader.Term != leads)
        {
            throw new ViolationException("B-10 quiet return", $"node {leader.Id} led term {leads} when others came back");
        }
    }

    /// <summary>
    /// Then a node that comes back needs the snapshot, and no new entry reminds the leader of it (bug B-55), or makes
    /// another one due when this one is damaged.
    /// </summary>
    private void PurgeToTheEnd(SimulatedNode leading, ReplicaNode leader)
    {
        if (_core.CutOff.Count == 0 || !random.Chance(PurgesBeforeReturn))
        {
            return;
        }

        var isTaken = false;
        leader.RequestSnapshot(leader.LastIndex, _ => isTaken = true);
        Await("snapshot of everything", ElectionTimeouts * world.Options.ElectionTimeout, () => isTaken);
        if (world.Options.Has(FaultClass.BitRot) && _damage.MayLose(leading) && random.Chance(RotsBeforeReturn))
        {
            leading.Rot(random, "snapshot-");
        }
    }

    /// <param name="timeout">How long it may take while no node, gateway or watcher catches up.</param>
    private void Await(string what, long timeout, Func<bool> isTrue)
    {
        var deadline = world.Scheduler.Now + timeout;
        var last = world.Scheduler.Now + timeout + CatchUp;
        var progress = Progress();
        while (!isTrue())
        {
            if (Progress() > progress)
            {
                progress = Progress();
                deadline = Math.Min(last, world.Scheduler.Now + timeout);
            }

            if (world.Scheduler.Now >= deadline)
            {
                var nodes = string.Join("; ", [.. world.Nodes.Select(Describe), .. world.Gateways.Select(Describe)]);
                throw new ViolationException(
                    "liveness",
                    $"no {what} within {timeout / 1e6} s: [{world.Checks.Ledger.Membership}] {nodes}; healed are "
                    + string.Join(' ', _core.Nodes.Select(static n => n.Address)) + "; watchers are at "
                    + string.Join(' ', world.Watchers.Select(static w => w.Position)));
            }

            world.Scheduler.RunUntil(world.Scheduler.Now + world.Options.Tick);
        }
    }

    private long Progress() =>
        world.SnapshotBytes
        + _core.Nodes.Sum(static node => node.Process?.Replica.LastIndex.Value ?? 0)
        + world.Gateways.Sum(static gateway => gateway.Memory.Revision.Value + gateway.Memory.Hub.Revision.Value)
        + world.Watchers.Sum(static watcher => watcher.Position.Value);

    // Each again until it is answered: either may reach its deadline while there is no leader yet.
    private void ProbeByWriting()
    {
        if (!IsAnswered(write: true))
        {
            var write = new WriteOperation("/keys/probe", new byte[8], "text/plain", Parents: true);
            var fresh = New(new CommandRequest(0, null, 0, [], new MutationCommand(write)), null);
            random.Pick(world.Gateways).Write(fresh, ProbeDeadline(), ProbeByWriting);
        }
    }

    private void ProbeByReading()
    {
        if (!IsAnswered(write: false))
        {
            var read = New(null, new ReadNodeRequest("/keys/probe", WithValue: true));
            random.Pick(world.Gateways).Read(read, ProbeDeadline(), ProbeByReading);
        }
    }

    private long ProbeDeadline() => world.Scheduler.Now + world.Workload.CallTimeout;

    private HistoryOperation New(CommandRequest? request, ReadRequest? read)
    {
        var operation = new HistoryOperation
        {
            Client = Prober,
            Invoked = world.Scheduler.Now,
            Request = request,
            ChangesSomething = true,
            Read = read,
        };
        _probes.Add(operation);
        world.Workload.Note(operation);
        return operation;
    }

    private bool IsAnswered(bool write) =>
        _probes.Exists(p => p.Outcome == CallOutcome.Answered && (p.Request is not null) == write);

    private SimulatedNode? Leader() => _core.Nodes.FirstOrDefault(n => n.Process?.Replica.IsServingLeader == true);

    private bool IsServing() =>
        _core.Nodes.Count(n => n.Process?.Replica.IsServingLeader == true) == 1
        && IsAnswered(write: true)
        && IsAnswered(write: false);

    private bool AreTold() => world.Watchers.All(w => w.Position >= world.Checks.Ledger.Revision);

    private bool HasNoPendingCalls() => world.Workload.PendingCount == 0;

    private bool HasNoOpenRequests() => _core.Nodes.All(n => n.Process is null or { OpenRequests: 0 });

    /// <summary>Before the feature level they go by clocks that may stand still here.</summary>
    private bool HasNoTtlNodes() =>
        world.Checks.Ledger.Machine.FeatureLevel < FeatureLevels.AwakeClock || world.Facts.Ttls.Count == 0;

    private bool HasNoSessions() => world.Checks.Ledger.Machine.SessionCount == 0;

    /// <summary>All that are there vote; none is on the way in or out.</summary>
    private bool IsSettled()
    {
        var members = world.Checks.Ledger.Membership;
        return !members.IsJoint
            && !members.Members.Any(static m => m.IsLeaving)
            && _core.Nodes.All(n => n.IsGone || (n.Process is { } process
                && members.Find(process.Id) is { IsVoter: true } member
                && member.Instance == process.Instance
                && member.Level == n.Level));
    }

    private bool IsConverged()
    {
        // The invariants compare the states themselves.
        var last = world.Checks.Ledger.Last;
        return _core.Nodes.All(n => n.IsGone || (n.Process is { } process
            && process.Replica.AppliedIndex == last && process.Replica.LastIndex == last));
    }

    private static string Describe(Gateway gateway) =>
        $"g{gateway.Address - World.FirstGateway} knows {gateway.Memory.Revision}, has told {gateway.Memory.Hub.Revision}";

    private static string Describe(SimulatedNode node) => node.Process?.Replica is { } replica
        ? $"m{node.Address} is n{replica.Id}, {replica.Role} of term {replica.Term}, last {replica.LastIndex}, "
            + $"commit {replica.CommitIndex}, applied {replica.AppliedIndex}, open requests {node.Process.OpenRequests}"
            + (node.IsPaused ? ", paused" : "")
        : $"m{node.Address} (n{node.Member}) {(node.Joiner is not null ? "joining" : "down")}";
}
