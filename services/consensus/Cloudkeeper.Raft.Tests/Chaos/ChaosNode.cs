namespace Cloudkeeper.Raft.Tests.Chaos;

/// <summary>One member with its disk and its state machine, which is the hash of all it has applied.</summary>
internal sealed class ChaosNode(NodeId id, ChaosChecks checks, Random random)
{
    // Small, so that limits are reached all the time.
    private static readonly RaftOptions Options = new()
    {
        ElectionTicks = 6,
        HeartbeatTicks = 2,
        AppendBytesMax = 150,
        InFlightMax = 3,
        InFlightBytesMax = 400,
        UncommittedBytesMax = 2000,
        ApplyBytesMax = 200,
    };

    public NodeId Id => id;

    public ChaosDisk Disk { get; } = new();

    public RaftNode? Raft { get; private set; }

    public bool IsLeader => Raft?.Role == Role.Leader;

    public bool IsPaused { get; set; }

    public LogIndex Applied { get; private set; }

    public void Start()
    {
        var state = Disk.Recover();
        Raft = new RaftNode(id, Options, state, new Random(random.Next()));
        Applied = Disk.Snapshot?.Index ?? LogIndex.Zero;
        checks.Started(this);
    }

    public void Crash()
    {
        Disk.Crash(random);
        Raft = null;
    }

    /// <summary>Gives one input and takes every effect; the messages that leave.</summary>
    public List<RaftMessage> Do(Action<RaftNode> input)
    {
        var messages = new List<RaftMessage>();
        var before = Raft!.Membership;
        input(Raft);
        checks.InputDone(this, before);
        while (Raft.TryTakeOutput(out var output))
        {
            Perform(output);
            messages.AddRange(output.Messages);
            checks.OutputTaken(this, output);
        }

        checks.InputDone(this, before);
        return messages;
    }

    /// <summary>A snapshot of what is applied now, and a log that keeps some of the entries before it.</summary>
    public void Compact()
    {
        if (Applied <= Raft!.FirstIndex || !Raft.TryTermAt(Applied, out var term))
        {
            return;
        }

        var snapshot = new SnapshotMetadata(Applied, term, Raft.MembershipAt(Applied));
        var keepFrom = new LogIndex(Math.Max(Raft.FirstIndex.Value, Applied.Value + 1 - random.Next(10)));
        Disk.Store(snapshot);
        Raft.Compact(snapshot, keepFrom);
        Disk.DropBefore(new LogIndex(Math.Max(1, keepFrom.Value - random.Next(3))));
    }

    private void Perform(RaftOutput output)
    {
        if (output.Write is { } write)
        {
            Disk.Submit(write);
        }

        if (output.Restore is { } restore)
        {
            Assert.True(restore.Index > Applied, "a restore goes forward");
            Applied = restore.Index;
        }

        foreach (var entry in output.Committed)
        {
            Assert.Equal(Applied.Next(), entry.Index);
            Applied = entry.Index;
            checks.Applied(this, entry);
        }

        Raft!.ApplyDone(Applied);
    }
}
