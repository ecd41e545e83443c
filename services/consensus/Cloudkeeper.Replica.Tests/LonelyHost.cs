using System.Buffers;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Raft;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Replica.Tests;

/// <summary>A host for a cluster of one, whose clock and disk the test moves by hand.</summary>
internal sealed class LonelyHost : IReplicaHost
{
    private readonly Queue<RaftWrite> _writes = new();

    public LonelyHost(ReplicaOptions? options = null)
    {
        var members = new Membership([new Member(new NodeId(1), "http://127.0.0.1:1", IsVoter: true)]);
        Replica = new ReplicaNode(
            new NodeId(1),
            options ?? new ReplicaOptions(),
            RecoveredState.Bootstrap(members),
            new StateMachine((options ?? new ReplicaOptions()).Tree),
            new Random(1),
            this);
    }

    public ReplicaNode Replica { get; }

    public long MonotonicMilliseconds { get; private set; }

    public long UnixMilliseconds => 1_700_000_000_000 + MonotonicMilliseconds + WallClockError;

    /// <summary>By how much the machine's clock is set wrong, in milliseconds.</summary>
    public long WallClockError { get; set; }

    /// <summary>Ticks until it leads, its disk working.</summary>
    public LonelyHost Elect()
    {
        while (!Replica.IsServingLeader)
        {
            Pass(50);
            CompleteWrites();
        }

        return this;
    }

    public void Pass(long milliseconds)
    {
        MonotonicMilliseconds += milliseconds;
        Replica.Tick();
        Replica.Advance();
    }

    /// <summary>Time passes in which the process does not run.</summary>
    public void Sleep(long milliseconds) => MonotonicMilliseconds += milliseconds;

    /// <summary>Lets the leader decide something by itself, and lets it be applied.</summary>
    public void Decide(LeaderCommand command)
    {
        Assert.True(Replica.ProposeInternally(command));
        CompleteWrites();
    }

    /// <summary>Submits a command in an entry of its own and lets it be applied.</summary>
    public void Write(Command command)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write(new byte[EntryPayload.HeaderBytes]);
        CommandCodec.Write(output, new CommandBatch(LaneId.None, 0, [new CommandRequest(0, null, 0, [], command)]));
        Replica.Submit(output.WrittenSpan.ToArray(), static _ => { });
        CompleteWrites();
    }

    /// <summary>Everything that was to be written is durable now; what follows from it waits for the end of the turn.</summary>
    public void ReportWrites()
    {
        while (_writes.TryDequeue(out var write))
        {
            Replica.WriteCompleted(write.Sequence);
        }
    }

    /// <summary>Everything that was to be written is durable now.</summary>
    public void CompleteWrites()
    {
        Replica.Advance();
        while (_writes.TryDequeue(out var write))
        {
            Replica.WriteCompleted(write.Sequence);
            Replica.Advance();
        }
    }

    public void Send(RaftMessage message)
    {
        // There is no other node.
    }

    /// <summary>The commands of its log, in order, the leader's own included.</summary>
    public List<Command> Commands { get; } = [];

    public void Persist(RaftWrite write)
    {
        _writes.Enqueue(write);
        Commands.AddRange(write.Entries
            .Where(entry => entry.Kind == EntryKind.Command)
            .SelectMany(entry => EntryPayload.Read(entry.Payload.Span).Batch.Requests)
            .Select(request => request.Command));
    }

    /// <summary>The snapshots begun so far, in order; the test decides their outcome.</summary>
    public List<SnapshotMetadata> Snapshots { get; } = [];

    public ISnapshotSink CreateSnapshot(SnapshotMetadata metadata)
    {
        Snapshots.Add(metadata);
        return new SnapshotBin();
    }

    public void CompactLog(LogIndex keepFrom)
    {
        // The log is a queue here.
    }

    /// <summary>The changes that were reported as readable, in order.</summary>
    public List<ChangeSet> Told { get; } = [];

    public void Applied(StateMachine machine, Revision revision)
    {
        var last = Told.Count == 0 ? Revision.Zero : Told[^1].Revision;
        Assert.False(machine.ReadHistory(last, int.MaxValue, Told).IsCompacted);
    }

    /// <summary>What was found to differ.</summary>
    public List<(LogIndex Index, ulong Own, ulong Stamped)> Differences { get; } = [];

    public void DigestDiffers(LogIndex index, ulong own, ulong stamped) => Differences.Add((index, own, stamped));
}
