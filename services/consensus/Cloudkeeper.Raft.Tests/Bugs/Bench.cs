namespace Cloudkeeper.Raft.Tests.Bugs;

/// <summary>
/// One member under test, alone: the test plays the others. Its writes are durable at once unless the test holds them.
/// </summary>
internal sealed class Bench
{
    public Bench(
        int id = 1, string members = "1v 2v 3v", RaftOptions? options = null, int[]? terms = null, long term = 1)
    {
        var membership = Scripts.ScriptCommand.ParseMembership(members.Split(' '));
        var entries = new List<LogEntry>(RecoveredState.Bootstrap(membership).Entries);
        entries.AddRange((terms ?? []).Select((t, i) => Entry(i + 2, t)));
        Raft = new RaftNode(
            new NodeId(id),
            options ?? RaftOptions.Default,
            new RecoveredState(new HardState(new Term(term), null, new LogIndex(1)), null, entries),
            new Random(1));
        Take();
    }

    public Bench(RecoveredState state)
    {
        Raft = new RaftNode(new NodeId(1), RaftOptions.Default, state, new Random(1));
    }

    public static NodeId One => new(1);

    public static NodeId Two => new(2);

    public static NodeId Three => new(3);

    public RaftNode Raft { get; }

    /// <summary>When set, writes pile up here instead of being done.</summary>
    public Queue<RaftWrite>? SlowDisk { get; init; }

    public List<LogEntry> Committed { get; } = [];

    public List<ReadState> Reads { get; } = [];

    public static LogEntry Entry(long index, long term, byte content = 0) =>
        new(new LogIndex(index), new Term(term), EntryKind.Command, new[] { content });

    public static AppendRequest Append(
        NodeId from, long term, long previous, long previousTerm, long commit, params LogEntry[] entries) =>
        new(from, One, new Term(term), new LogIndex(previous), new Term(previousTerm), entries, new LogIndex(commit));

    public static VoteRequest Vote(NodeId from, long term, long last, long lastTerm, bool isTransfer = false) =>
        new(from, One, new Term(term), new LogIndex(last), new Term(lastTerm), isTransfer);

    /// <summary>Makes it leader of the next term with the votes of 2, and lets 2 acknowledge its barrier.</summary>
    public Bench Lead(bool committed = true)
    {
        Raft.Campaign();
        Take();
        Step(new PreVoteReply(Two, Raft.Id, Raft.Term.Next(), Granted: true));
        Step(new VoteReply(Two, Raft.Id, Raft.Term, Granted: true));
        Assert.Equal(Role.Leader, Raft.Role);
        if (committed)
        {
            Acknowledge(Two);
            Assert.Equal(Raft.LastIndex, Raft.CommitIndex);
        }

        return this;
    }

    public List<RaftMessage> Acknowledge(NodeId from) =>
        Step(new AppendReply(from, Raft.Id, Raft.Term, Raft.LastIndex, null, LogIndex.Zero, default));

    public List<RaftMessage> Step(RaftMessage message)
    {
        Raft.Step(message);
        return Take();
    }

    public List<RaftMessage> Tick(int count)
    {
        for (var i = 0; i < count; i++)
        {
            Raft.Tick();
        }

        return Take();
    }

    public List<RaftMessage> Take()
    {
        var messages = new List<RaftMessage>();
        while (Raft.TryTakeOutput(out var output))
        {
            messages.AddRange(output.Messages);
            Committed.AddRange(output.Committed);
            Reads.AddRange(output.ReadStates);
            if (output.Write is { } write)
            {
                Store(write);
            }
        }

        return messages;
    }

    public List<RaftMessage> Stored()
    {
        Raft.StorageDone(SlowDisk!.Dequeue().Sequence);
        return Take();
    }

    private void Store(RaftWrite write)
    {
        if (SlowDisk is null)
        {
            Raft.StorageDone(write.Sequence);
        }
        else
        {
            SlowDisk.Enqueue(write);
        }
    }
}
