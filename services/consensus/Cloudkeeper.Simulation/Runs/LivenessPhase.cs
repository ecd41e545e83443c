using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica;
using Cloudkeeper.Simulation.Clients;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Faults;
using Cloudkeeper.Simulation.Invariants;
using Cloudkeeper.Simulation.Nodes;

namespace Cloudkeeper.Simulation.Runs;

/// <summary>
/// A quorum is healed, sometimes the smallest there is, and the others stay broken for good: now the cluster has to
/// recover, within bounds.
/// </summary>
internal sealed class LivenessPhase
{
    /// <summary>How often the healed quorum begins with a restart: what is on its disks must do, and nobody leads.</summary>
    private const double BeginsWithRestart = 0.25;

    private const int Prober = 999;
    private const int ElectionTimeouts = 20;

    /// <summary>How often the healed quorum has purged its log to the end when others come back.</summary>
    private const double PurgesBeforeReturn = 0.5;

    /// <summary>Bound for a node that is far behind, as long as it comes nearer.</summary>
    private const long CatchUp = 120 * Scheduler.Second;

    private readonly World _world;
    private readonly SimulationRandom _random;
    private readonly Damage _damage;
    private readonly List<SimulatedNode> _core;
    private readonly List<HistoryOperation> _probes = [];
    private readonly List<(SimulatedNode Node, Term Term)> _cutOff = [];

    public LivenessPhase(World world, SimulationRandom random)
    {
        _world = world;
        _random = random;
        _damage = new Damage(world);
        _core = Choose();
    }

    /// <summary>False: too many disks have rotted at once. Then nobody may be wrong, and nothing need go on.</summary>
    public bool HasQuorum => Decides(_core);

    public void Run()
    {
        _world.Trace.Add(TraceKind.Phase, 0, 2);
        var options = _world.Options;
        var patience = ElectionTimeouts * options.ElectionTimeout;
        _world.Workload.Stop();
        ProbeByWriting();
        ProbeByReading();
        Await("leader, fresh write and fresh read", patience, IsServing);
        Await("end of every call", _world.Workload.CallTimeout, HasNoPendingCalls);
        Await("membership without learners and leavers", patience, IsSettled);
        Await("same state on all healed nodes", patience, IsConverged);
        var ttl = options.SessionTtlMilliseconds * Scheduler.Millisecond;
        HandOverInVain(ttl + patience);
        Await("end of all sessions", ttl + patience, HasNoSessions);
        Await("same state on all healed nodes", patience, IsConverged);
        var readPatience = options.Replica.MinRevisionWaitMilliseconds * Scheduler.Millisecond;
        Await("answer to every request", patience + readPatience, HasNoOpenRequests);
        Rejoin();
    }

    /// <summary>At the very end the power goes off everywhere, and everybody comes back, the broken ones too.</summary>
    public void RestartAll()
    {
        _world.Trace.Add(TraceKind.Phase, 0, 3);
        _world.Network.JoinAll();
        _core.Clear();
        _core.AddRange(_world.Nodes);
        foreach (var node in _core)
        {
            node.IsGone = false;
            node.Resume();
            Restart(node);
        }

        var last = _world.Checks.Ledger.Last;
        Await(
            "entry of a new term on all nodes after a restart",
            ElectionTimeouts * _world.Options.ElectionTimeout,
            () => _world.Checks.Ledger.Last > last && IsSettled() && IsConverged());
    }

    /// <summary>
    /// While leadership is handed to somebody who is dead, nothing can be proposed, sessions' ends neither: they come
    /// later (bug B-58).
    /// </summary>
    private void HandOverInVain(long timeout)
    {
        var leader = _core.Find(n => n.Process?.Replica.IsServingLeader == true)?.Process;
        var dead = _world.Nodes.FirstOrDefault(n => !_core.Contains(n) && !_cutOff.Exists(c => c.Node == n));
        if (leader is null || dead?.Member is not { } successor)
        {
            return;
        }

        Await("session about to end", timeout, () => HasNoSessions() || _world.Checks.Ledger.Machine
            .LiveSessions(default)
            .Any(s => leader.Replica.ExpiresIn(s.Id) <= _world.Options.ElectionTimeout / 2 / Scheduler.Millisecond));
        leader.Post(r => r.TransferLeadership(successor));
    }

    /// <summary>Who was cut off comes back, and nothing changes for the others (bug B-10).</summary>
    private void Rejoin()
    {
        // One election it may have been about to begin, with its quorum of pre-votes.
        foreach (var (node, term) in _cutOff)
        {
            var now = node.Process?.Replica.Term ?? term;
            if (now > term.Next())
            {
                throw new ViolationException("B-10 quiet exile", $"m{node.Address}, alone, went from term {term} to {now}");
            }
        }

        var leader = _core.Find(n => n.Process?.Replica.IsServingLeader == true)?.Process?.Replica;
        if (leader is null || _cutOff.Exists(c => c.Node.Process?.Replica.Term > leader.Term))
        {
            return;
        }

        PurgeToTheEnd(leader);
        var leading = leader.Term;
        _core.AddRange(_cutOff.Select(c => c.Node));
        _world.Network.JoinAll();
        Await(
            "same state on those who have come back",
            ElectionTimeouts * _world.Options.ElectionTimeout,
            () => IsSettled() && IsConverged());
        if (leader.Role != Role.Leader || leader.Term != leading)
        {
            throw new ViolationException("B-10 quiet return", $"node {leader.Id} led term {leading} when others came back");
        }
    }

    /// <summary>Then who comes back needs the snapshot, and no new entry reminds anybody of it (bug B-55).</summary>
    private void PurgeToTheEnd(ReplicaNode leader)
    {
        if (_cutOff.Count > 0 && _random.Chance(PurgesBeforeReturn))
        {
            var isTaken = false;
            leader.RequestSnapshot(leader.LastIndex, _ => isTaken = true);
            Await("snapshot of everything", ElectionTimeouts * _world.Options.ElectionTimeout, () => isTaken);
        }
    }

    /// <summary>Breaks machines, one after the other, as long as a quorum of the memberships in force is left.</summary>
    private List<SimulatedNode> Choose()
    {
        var nodes = _world.Nodes.ToArray();
        _random.Shuffle(nodes);
        var core = nodes.ToList();
        var broken = _random.Chance(0.5) ? nodes.Length : _random.Next(nodes.Length);
        foreach (var node in nodes)
        {
            if (broken > 0 && core.Remove(node) && Decides(core))
            {
                broken--;
                Break(node);
            }
            else if (!core.Contains(node))
            {
                core.Add(node);
            }
        }

        if (_random.Chance(BeginsWithRestart))
        {
            core.ForEach(Restart);
        }

        _world.Totals.Count(Marker.LivenessReachedWithMinority, core.Count < nodes.Length ? 1 : 0);
        return core;
    }

    private bool Decides(List<SimulatedNode> nodes) => _damage.CanDecide(
        id => _damage.IsSound(id) && nodes.Contains(_world.NodeAt(_world.Members.AddressOf(id))));

    private static void Restart(SimulatedNode node)
    {
        if (node.IsUp)
        {
            node.Crash();
        }

        node.Start();
    }

    private void Break(SimulatedNode node)
    {
        switch (_random.Next(3))
        {
            case 0:
                node.IsGone = true;
                if (node.IsUp)
                {
                    node.Crash();
                }

                break;
            case 1:
                node.Pause(long.MaxValue / 4);
                break;
            default:
                CutOff(node);
                break;
        }
    }

    private void CutOff(SimulatedNode node)
    {
        var address = node.Address;
        if (node.Process is not null)
        {
            _cutOff.Add((node, node.Process.Replica.Term));
        }

        // Sometimes it can still be heard: its voice must not disturb the others.
        var isHeard = _random.Chance(0.3);
        foreach (var other in _world.Nodes)
        {
            _world.Network.Cut(other.Address, address);
            if (!isHeard)
            {
                _world.Network.Cut(address, other.Address);
            }
        }
    }

    /// <param name="timeout">How long it may take while no node catches up.</param>
    private void Await(string what, long timeout, Func<bool> isTrue)
    {
        var deadline = _world.Scheduler.Now + timeout;
        var last = _world.Scheduler.Now + timeout + CatchUp;
        var progress = Progress();
        while (!isTrue())
        {
            if (Progress() > progress)
            {
                progress = Progress();
                deadline = Math.Min(last, _world.Scheduler.Now + timeout);
            }

            if (_world.Scheduler.Now >= deadline)
            {
                var nodes = string.Join("; ", _world.Nodes.Select(Describe));
                throw new ViolationException(
                    "liveness",
                    $"no {what} within {timeout / 1e6} s: [{_world.Checks.Ledger.Membership}] {nodes}; healed are "
                    + string.Join(' ', _core.Select(static n => n.Address)));
            }

            _world.Scheduler.RunUntil(_world.Scheduler.Now + _world.Options.Tick);
        }
    }

    private long Progress() =>
        _world.SnapshotBytes + _core.Sum(static node => node.Process?.Replica.LastIndex.Value ?? 0);

    // Each again until it is answered: either may reach its deadline while there is no leader yet.
    private void ProbeByWriting()
    {
        if (!IsAnswered(write: true))
        {
            var write = new WriteOperation("/keys/probe", new byte[8], "text/plain", Parents: true);
            var fresh = New(new CommandRequest(0, null, 0, [], new MutationCommand(write)), null);
            _random.Pick(_world.Gateways).Write(fresh, ProbeDeadline(), ProbeByWriting);
        }
    }

    private void ProbeByReading()
    {
        if (!IsAnswered(write: false))
        {
            var read = New(null, new ReadNodeRequest("/keys/probe", WithValue: true));
            _random.Pick(_world.Gateways).Read(read, ProbeDeadline(), ProbeByReading);
        }
    }

    private long ProbeDeadline() => _world.Scheduler.Now + _world.Workload.CallTimeout;

    private HistoryOperation New(CommandRequest? request, ReadRequest? read)
    {
        var operation = new HistoryOperation
        {
            Client = Prober,
            Invoked = _world.Scheduler.Now,
            Request = request,
            ChangesSomething = true,
            Read = read,
        };
        _probes.Add(operation);
        _world.Workload.Note(operation);
        return operation;
    }

    private bool IsAnswered(bool write) =>
        _probes.Exists(p => p.Outcome == CallOutcome.Answered && (p.Request is not null) == write);

    private bool IsServing() =>
        _core.Count(n => n.Process?.Replica.IsServingLeader == true) == 1
        && IsAnswered(write: true)
        && IsAnswered(write: false);

    private bool HasNoPendingCalls() => _world.Workload.PendingCount == 0;

    private bool HasNoOpenRequests() => _core.TrueForAll(n => n.Process is null or { OpenRequests: 0 });

    private bool HasNoSessions() => _world.Checks.Ledger.Machine.SessionCount == 0;

    /// <summary>Everybody who is there votes; nobody is on the way in or out.</summary>
    private bool IsSettled()
    {
        var members = _world.Checks.Ledger.Membership;
        return !members.IsJoint
            && !members.Members.Any(static m => m.IsLeaving)
            && _core.TrueForAll(n => n.IsGone || (n.Process is { } process
                && members.Find(process.Id) is { IsVoter: true } member
                && member.Instance == process.Instance));
    }

    private bool IsConverged()
    {
        // The invariants compare the states themselves.
        var last = _world.Checks.Ledger.Last;
        return _core.TrueForAll(n => n.IsGone || (n.Process is { } process
            && process.Replica.AppliedIndex == last && process.Replica.LastIndex == last));
    }

    private static string Describe(SimulatedNode node) => node.Process?.Replica is { } replica
        ? $"m{node.Address} is n{replica.Id}, {replica.Role} of term {replica.Term}, last {replica.LastIndex}, "
            + $"commit {replica.CommitIndex}, applied {replica.AppliedIndex}, open requests {node.Process.OpenRequests}"
            + (node.IsPaused ? ", paused" : "")
        : $"m{node.Address} (n{node.Member}) {(node.Joiner is not null ? "joining" : "down")}";
}
