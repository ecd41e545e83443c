using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Members;

namespace Cloudkeeper.Replica.Tests.Members;

/// <summary>
/// A few replicas whose network and disks work at once, unless the test cuts one off. Time passes in ticks.
/// </summary>
internal sealed class SmallCluster
{
    private readonly Dictionary<int, SmallNode> _nodes = [];
    private readonly HashSet<int> _cut = [];

    /// <summary>Founders as in <see cref="Some.Members"/>; the expected ones start with an empty disk.</summary>
    public SmallCluster(string founders)
    {
        var membership = Some.Members(founders);
        foreach (var member in membership.Members)
        {
            Start(
                member.Id.Value,
                member.Instance == Guid.Empty ? new RecoveredState(default, null, []) : RecoveredState.Bootstrap(membership));
        }
    }

    /// <summary>A cluster that one has led for long enough to know which members are there.</summary>
    public static SmallCluster Led(string founders, int leader)
    {
        var cluster = new SmallCluster(founders);
        cluster.Until(() => cluster.FindLeader() is not null);
        cluster.Until(() => cluster.Leader.Id.Value == leader
            || cluster.Ask(reply => cluster.Leader.Transfer(new NodeId(leader), dryRun: false, reply))()
                is { Status: ChangeStatus.Done });
        for (var i = 0; i < 30; i++)
        {
            cluster.Tick();
        }

        return cluster;
    }

    public ReplicaNode Leader => FindLeader() ?? throw new InvalidOperationException("No member leads.");

    public IReadOnlyList<int> Ids => [.. _nodes.Keys.Order()];

    public ReplicaNode this[int id] => _nodes[id].Replica;

    public bool Has(int id) => _nodes.ContainsKey(id);

    /// <summary>A node with an empty disk, as it starts once it was given its id.</summary>
    public void StartEmpty(int id) => Start(id, new RecoveredState(default, null, []));

    public void Cut(int id) => _cut.Add(id);

    public void Mend(int id) => _cut.Remove(id);

    public void StopDisk(int id) => _nodes[id].DiskStandsStill = true;

    public void ResumeDisk(int id) => _nodes[id].DiskStandsStill = false;

    /// <summary>Lets time pass until it is as the test wants it. A cluster that never gets there fails the test.</summary>
    public void Until(Func<bool> condition)
    {
        for (var ticks = 0; !condition(); ticks++)
        {
            Assert.True(ticks < 500, "not reached: " + string.Join("; ", _nodes.Values.Select(n => n.Describe())));
            Tick();
        }
    }

    public void UntilLed(int id) => Until(() => this[id].IsServingLeader);

    public void UntilMembers(string members) =>
        Until(() => FindLeader()?.Membership.ToString() == members);

    /// <summary>The member that leads and is not cut off.</summary>
    public ReplicaNode? FindLeader() =>
        _nodes.Values.Select(n => n.Replica).Where(r => r.IsServingLeader && !_cut.Contains(r.Id.Value)).MaxBy(r => r.Term);

    public void Tick()
    {
        foreach (var node in _nodes.Values.ToList())
        {
            node.MonotonicMilliseconds += 50;
            node.Replica.Tick();
        }

        Settle();
    }

    /// <summary>All messages arrive, without any time passing.</summary>
    public void Settle()
    {
        var isBusy = true;
        while (isBusy)
        {
            isBusy = false;
            foreach (var node in _nodes.Values.ToList())
            {
                isBusy |= node.Work();
            }

            Deliver([.. _nodes.Values.SelectMany(n => n.TakeMessages())]);
        }
    }

    /// <summary>The messages of one member arrive; the answers stay on their way.</summary>
    public void DeliverFrom(int id)
    {
        _nodes[id].Work();
        Deliver(_nodes[id].TakeMessages());
    }

    /// <summary>Puts a wish to a replica; the answer, once there is one.</summary>
    public Func<ChangeOutcome?> Ask(Action<Action<ChangeOutcome>> wish)
    {
        ChangeOutcome? answer = null;
        wish(outcome =>
        {
            Assert.Null(answer);
            answer = outcome;
        });
        Settle();
        return () => answer;
    }

    private void Deliver(List<RaftMessage> messages)
    {
        foreach (var message in messages)
        {
            if (!_cut.Contains(message.From.Value) && !_cut.Contains(message.To.Value)
                && _nodes.TryGetValue(message.To.Value, out var to))
            {
                Deliver(message, to.Replica);
            }
        }
    }

    /// <summary>
    /// As the process around a replica does: it asks the voters about an unproven sender, and takes the next message.
    /// </summary>
    private void Deliver(RaftMessage message, ReplicaNode to)
    {
        var result = to.Receive(message);
        Assert.NotEqual(StepResult.Violation, result);
        if (result == StepResult.Unproven
            && _nodes.Values.Any(n => !_cut.Contains(n.Replica.Id.Value) && n.Replica.Voters.Any(v => v.Id == message.From)))
        {
            to.Vouch(message.From);
        }
    }

    private void Start(int id, RecoveredState state) => _nodes[id] = new SmallNode(id, state);
}
