using Cloudkeeper.Protocol;
using Cloudkeeper.Raft;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Replica.Tests.Members;

/// <summary>One replica of a <see cref="SmallCluster"/>.</summary>
internal sealed class SmallNode : IReplicaHost
{
    private readonly Queue<RaftWrite> _writes = new();
    private List<RaftMessage> _messages = [];

    public SmallNode(int id, RecoveredState state) => Replica = new ReplicaNode(
        new NodeId(id),
        new ReplicaOptions { ClusterId = Some.Cluster },
        state,
        new StateMachine(new StateMachineOptions()),
        new Random(id),
        this);

    public ReplicaNode Replica { get; }

    public long MonotonicMilliseconds { get; set; }

    /// <summary>Nothing that is written is reported as written.</summary>
    public bool DiskStandsStill { get; set; }

    public long UnixMilliseconds => 1_700_000_000_000 + MonotonicMilliseconds;

    /// <summary>Does what follows from its inputs. False: it had nothing to send or to write.</summary>
    public bool Work()
    {
        Replica.Advance();
        var hadWrites = _writes.Count > 0 && !DiskStandsStill;
        while (!DiskStandsStill && _writes.TryDequeue(out var write))
        {
            Replica.WriteCompleted(write.Sequence);
            Replica.Advance();
        }

        return hadWrites || _messages.Count > 0;
    }

    public List<RaftMessage> TakeMessages()
    {
        var messages = _messages;
        _messages = [];
        return messages;
    }

    public string Describe() => $"{Replica.Id} {Replica.Role} term {Replica.Term} log ..{Replica.LastIndex} "
        + $"commit {Replica.CommitIndex} [{Replica.Membership}]";

    public void Send(RaftMessage message) => _messages.Add(message);

    public void Persist(RaftWrite write) => _writes.Enqueue(write);

    public ISnapshotSink CreateSnapshot(SnapshotMetadata metadata) => new SnapshotBin();

    public void CompactLog(LogIndex keepFrom) => throw new NotSupportedException();

    public void Applied(StateMachine machine, Revision revision)
    {
        // The tests ask.
    }

    public void DigestDiffers(LogIndex index, ulong own, ulong stamped) =>
        Assert.Fail($"digests differ at {index}: {own} and {stamped}");
}
