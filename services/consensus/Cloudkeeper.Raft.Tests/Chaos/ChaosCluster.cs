namespace Cloudkeeper.Raft.Tests.Chaos;

/// <summary>
/// A few members, a network that loses, repeats and reorders, disks that are slow and forget on a crash: all from one
/// seed. First anything may happen, then everything is healed and the cluster has to recover.
/// </summary>
internal sealed class ChaosCluster
{
    private const int NetworkMax = 400;
    private const int NodesMax = 9;
    private readonly Random _random;
    private readonly List<ChaosNode> _nodes = [];
    private readonly List<RaftMessage> _network = [];
    private readonly HashSet<(NodeId From, NodeId To)> _cut = [];
    private readonly double _loss;
    private readonly double _duplication;
    private readonly double _disorder;
    private readonly bool _cutLinksDelay;
    private readonly List<(int Weight, Action<ChaosNode> Act)> _actions;
    private long _ticket;
    private int _payload;
    private bool _isHealed;

    public ChaosCluster(int seed)
    {
        _random = new Random(seed);
        Checks = new ChaosChecks(_nodes);
        _loss = _random.NextDouble() * 0.2;
        _duplication = _random.NextDouble() * 0.2;
        _disorder = _random.NextDouble();
        _cutLinksDelay = _random.Next(2) == 0;
        _actions = Mixture();
        var members = _random.Next(1, 6);
        var first = RecoveredState.Bootstrap(new Membership(
            Enumerable.Range(1, members).Select(i => new Member(new NodeId(i), "a", IsVoter: true))));
        for (var i = 1; i <= members; i++)
        {
            Add(first);
        }
    }

    public ChaosChecks Checks { get; }

    public void Run(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            Step();
        }
    }

    /// <summary>
    /// With all members up and nothing lost there must soon be a leader, and all members must have everything.
    /// </summary>
    public void Heal()
    {
        _isHealed = true;
        _cut.Clear();
        foreach (var node in _nodes.Where(n => n.Raft is null))
        {
            node.Start();
        }

        var proposed = default(ProposeResult);
        for (var round = 0; round < 300; round++)
        {
            QuietRound();
            var leader = _nodes.Where(n => n.IsLeader).MaxBy(n => n.Raft!.Term);
            if (leader is null)
            {
                continue;
            }

            // A leader that a transfer under way replaces may take the proposal with it.
            if (proposed.Status != ProposeStatus.Accepted || proposed.Term != leader.Raft!.Term)
            {
                Input(leader, r => proposed = r.Propose(NextPayload()));
            }
            else if (leader.Applied >= proposed.Index && IsConverged(leader))
            {
                return;
            }
        }

        Assert.Fail("not recovered: " + string.Join("; ", _nodes.Select(Describe)));
    }

    private static string Describe(ChaosNode n) =>
        $"{n.Id} {n.Raft!.Role} term {n.Raft.Term} log {n.Raft.FirstIndex}..{n.Raft.LastIndex} "
        + $"commit {n.Raft.CommitIndex} applied {n.Applied} [{n.Raft.Membership}]";

    private bool IsConverged(ChaosNode leader) =>
        leader.Applied == leader.Raft!.LastIndex
        && leader.Raft.Membership.Members.All(m => Node(m.Id).Applied == leader.Applied)
        && Checks.AppliedMax == leader.Applied;

    private void QuietRound()
    {
        foreach (var node in _nodes)
        {
            Input(node, r => r.Tick());
        }

        for (var i = 0; i < 20; i++)
        {
            var arriving = _network.ToArray();
            _network.Clear();
            foreach (var message in arriving)
            {
                Deliver(message);
            }

            foreach (var node in _nodes.Where(n => n.Disk.PendingCount > 0))
            {
                Input(node, r => r.StorageDone(node.Disk.Complete(node.Disk.PendingCount)));
            }
        }
    }

    private void Step()
    {
        var node = _nodes[_random.Next(_nodes.Count)];
        if (node.Raft is null)
        {
            if (_random.Next(10) == 0)
            {
                node.Start();
            }

            return;
        }

        var dice = _random.Next(_actions.Sum(a => a.Weight));
        var i = 0;
        while (dice >= _actions[i].Weight)
        {
            dice -= _actions[i++].Weight;
        }

        _actions[i].Act(node);
    }

    /// <summary>Each seed has its own mixture: a run with every fault at once hides what some of them find.</summary>
    private List<(int Weight, Action<ChaosNode> Act)> Mixture() =>
    [
        (_random.Next(300, 700), _ => DeliverSome()),
        (_random.Next(50, 300), CompleteWrites),
        (_random.Next(50, 200), node => Tick(node)),
        (_random.Next(20, 200), node => Input(Leader() ?? node, r => r.Propose(NextPayload()))),
        (_random.Next(10, 100), node => Read(Leader() ?? node)),
        (_random.Next(0, 40), node => node.Compact()),
        (_random.Next(0, 20), node => Input(node, r => r.TransferLeadership(_random.Next(2) == 0 ? null : AnyId()))),
        (Rarely(60), node => ChangeMembers(Leader() ?? node)),
        (Rarely(20), node => node.Crash()),
        (Rarely(10), _ => Partition()),
        (Rarely(10), node => Isolate(Leader() ?? node)),
        (_random.Next(1, 5), _ => _cut.Clear()),
        (Rarely(10), node => (Leader() ?? node).IsPaused = true),
        (_random.Next(1, 5), _ => _nodes.ForEach(n => n.IsPaused = false)),
        (_random.Next(0, 10), node => Input(node, r => r.Unreachable(AnyId()))),
        (Rarely(5), node => Input(node, r => r.Campaign())),
    ];

    /// <summary>In some runs not at all, in some much more than in most.</summary>
    private int Rarely(int weight) => _random.Next(weight) * (_random.Next(4) switch { 0 => 0, 1 => 5, _ => 1 });

    /// <summary>A paused member notices no time but goes on answering: it leads for longer than it should.</summary>
    private void Tick(ChaosNode node)
    {
        if (!node.IsPaused)
        {
            Input(node, r => r.Tick());
        }
    }

    private void Input(ChaosNode node, Action<RaftNode> input)
    {
        _network.AddRange(node.Do(input));
        while (_network.Count > NetworkMax)
        {
            Lose(_network[TakeAny()]);
        }
    }

    private int TakeAny() => _random.Next(_network.Count);

    private void DeliverSome()
    {
        for (var i = _random.Next(1, 8); i > 0 && _network.Count > 0; i--)
        {
            var position = _random.NextDouble() >= _disorder ? 0 : TakeAny();
            var message = _network[position];
            if (_random.NextDouble() >= _duplication)
            {
                _network.RemoveAt(position);
            }

            var isCut = _cut.Contains((message.From, message.To));
            if (isCut && _cutLinksDelay)
            {
                // It will arrive when the link is mended, long overtaken.
                _network.Add(message);
            }
            else if (isCut || _random.NextDouble() < _loss)
            {
                Lose(message);
            }
            else
            {
                Deliver(message);
            }
        }
    }

    private void Lose(RaftMessage message)
    {
        _network.Remove(message);
        ReportTransfer(message, succeeded: false);
    }

    private void Deliver(RaftMessage message)
    {
        var receiver = Node(message.To);
        if (receiver.Raft is null)
        {
            ReportTransfer(message, succeeded: false);
            return;
        }

        if (message is SnapshotRequest snapshot)
        {
            receiver.Disk.Store(snapshot.Snapshot);
            if (!_isHealed && _random.Next(10) == 0)
            {
                // Stored but not installed.
                receiver.Crash();
                ReportTransfer(message, succeeded: false);
                return;
            }
        }

        Input(receiver, r =>
        {
            if (r.Step(message) == StepResult.Unproven)
            {
                VouchPerhaps(r, message.From);
            }
        });
        ReportTransfer(message, succeeded: true);
    }

    /// <summary>
    /// As the process around it does: it asks the voters about an unproven sender, and takes the next message.
    /// </summary>
    private void VouchPerhaps(RaftNode receiver, NodeId sender)
    {
        if (_nodes.Any(n => n.Raft?.FindMember(sender) is { IsLearner: false }))
        {
            receiver.Vouch(sender);
        }
    }

    private void ReportTransfer(RaftMessage message, bool succeeded)
    {
        if (message is SnapshotRequest snapshot && Node(message.From) is { Raft: not null } sender)
        {
            Input(sender, r => r.SnapshotTransferred(message.To, snapshot.Snapshot.Index, succeeded));
        }
    }

    private void CompleteWrites(ChaosNode node)
    {
        if (node.Disk.PendingCount > 0)
        {
            var sequence = node.Disk.Complete(_random.Next(1, node.Disk.PendingCount + 1));
            Input(node, r => r.StorageDone(sequence));
        }
    }

    private void Read(ChaosNode node)
    {
        var ticket = ++_ticket;
        Checks.ReadAsked(ticket);
        Input(node, r => r.ReadIndex(ticket));
    }

    private void Partition()
    {
        foreach (var from in _nodes)
        {
            foreach (var to in _nodes.Where(_ => _random.Next(3) == 0))
            {
                _cut.Add((from.Id, to.Id));
            }
        }
    }

    private void Isolate(ChaosNode node)
    {
        foreach (var other in _nodes)
        {
            _cut.Add((node.Id, other.Id));
            _cut.Add((other.Id, node.Id));
        }
    }

    /// <summary>A new member begins with an empty disk, and takes part from the moment the entry is appended.</summary>
    private void ChangeMembers(ChaosNode node)
    {
        Input(node, r => r.ProposeMembership(NextMembership(r.Membership)));
        while (node.Raft!.Membership.LastId.Value > _nodes.Count)
        {
            Add(new RecoveredState(default, null, []));
        }
    }

    private void Add(RecoveredState disk)
    {
        var node = new ChaosNode(new NodeId(_nodes.Count + 1), Checks, _random);
        node.Disk.Load(disk);
        _nodes.Add(node);
        node.Start();
    }

    /// <summary>One step, or two members at once: those that come, go or stay, and whether they vote.</summary>
    private Membership NextMembership(Membership current)
    {
        var changes = _random.Next(3) == 0 ? 2 : 1;
        var members = current.Members.ToList();
        for (var i = 0; i < changes; i++)
        {
            var id = new NodeId(_random.Next(2) == 0 && _nodes.Count < NodesMax ? current.LastId.Value + 1 + i : AnyId().Value);
            if (members.RemoveAll(m => m.Id == id) == 0 || _random.Next(4) > 0)
            {
                members.Add(new Member(id, "a", IsVoter: _random.Next(3) > 0));
            }
        }

        return changes == 1 ? new Membership(members) : Joint(current, members);
    }

    private static Membership Joint(Membership current, List<Member> next)
    {
        var voters = current.Members.Where(m => m.IsVoter).ToDictionary(m => m.Id);
        var joint = next.ConvertAll(m => m with { IsOutgoingVoter = voters.Remove(m.Id) });
        var leaving = voters.Values.Select(m => m with { IsVoter = false, IsOutgoingVoter = true });
        return new Membership([.. joint, .. leaving]);
    }

    private byte[] NextPayload() => [.. BitConverter.GetBytes(_payload++), .. new byte[_random.Next(60)]];

    private ChaosNode? Leader() => _nodes.Find(n => n.IsLeader && _random.Next(3) > 0);

    private NodeId AnyId() => _nodes[_random.Next(_nodes.Count)].Id;

    private ChaosNode Node(NodeId id) => _nodes[id.Value - 1];
}
