using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Wire;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica;
using Cloudkeeper.Replica.Peers;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Faults;
using Cloudkeeper.Simulation.Invariants;
using Cloudkeeper.Simulation.Invariants.Consensus;
using Cloudkeeper.Simulation.Network;
using Cloudkeeper.Simulation.Oracle;
using Cloudkeeper.Simulation.Runs;
using Cloudkeeper.Storage;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Nodes;

/// <summary>
/// One life of a node, from its start to its crash: the counterpart of the real process around a replica.
/// </summary>
internal sealed class NodeProcess : IReplicaHost
{
    /// <summary>As in the real process: replies must not wait for a flood to ebb.</summary>
    private const int InputsMax = 256;

    private const double CrashAtChange = 0.05;
    private const double CrashInJointChange = 0.2;

    private readonly Queue<Action<ReplicaNode>> _inputs = new();
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly NodeStorage _storage;
    private readonly SimulatedLogWriter _log;
    private readonly SnapshotSender _sender;
    private readonly SnapshotReceiver _receiver;
    private readonly NodeRequests _requests;
    private readonly NodeFeed _feed;
    private readonly Arrival _arrival;
    private readonly long _started;
    private bool _isTurnDue;
    private bool _isSnapshotStepDue;

    /// <param name="founding">The first members of the cluster, at those of them; else null.</param>
    /// <exception cref="StorageCorruptedException">The content of the disk cannot be trusted.</exception>
    public NodeProcess(SimulatedNode node, DirectoryOwner directory, NodeId id, Membership? founding)
    {
        Node = node;
        Id = id;
        Instance = directory.Instance;
        View = World.Members.Of(id);
        _started = World.Scheduler.Now;
        _storage = new NodeStorage(node.Disk.Files, directory, id, node.Options, founding);
        View.Instance = directory.Instance;
        var recovered = _storage.Recovered;
        World.Checks.Recovered(this, recovered, _storage.Log.Recovery);
        recovered = WithBug(recovered);
        var machine = _storage.LoadMachine();
        World.Checks.Loaded(this, recovered.Snapshot?.Index ?? LogIndex.Zero, machine);
        _log = new SimulatedLogWriter(this, _storage.Log, _storage.Room);
        _sender = new SnapshotSender(this, _storage.Snapshots);
        _receiver = new SnapshotReceiver(this, _storage);
        _requests = new NodeRequests(this);
        _feed = new NodeFeed(this);
        _arrival = new Arrival(this);
        Trust = new PeerTrust(this);
        Replica = new ReplicaNode(
            id, node.Options.Replica, recovered, machine, node.Random.Split(), this, new NodeObserver(this));
        Trace(TraceKind.Started, recovered.HardState.Term.Value, Replica.LastIndex.Value);
        Tick(World.Options.Tick);
    }

    public SimulatedNode Node { get; }

    public World World => Node.World;

    public NodeId Id { get; }

    /// <summary>Of its data directory.</summary>
    public Guid Instance { get; }

    /// <summary>The simulator's knowledge of this member's log.</summary>
    public NodeView View { get; }

    /// <summary>The machine of the leader, as far as this member knows; 0: not known.</summary>
    public int LeaderAddress => Replica.Leader is { } leader ? World.Members.AddressOf(leader) : 0;

    public ReplicaNode Replica { get; }

    public PeerTrust Trust { get; }

    /// <summary>Requests of gateways that it has not answered yet.</summary>
    public int OpenRequests => _requests.OpenCount;

    public long MonotonicMilliseconds =>
        (World.Scheduler.Now - _started) / Scheduler.Millisecond * (World.Options.Bug == Bug.FastClock ? 2 : 1);

    public long UnixMilliseconds => World.Epoch + Node.Clock.Now;

    public void Trace(TraceKind kind, long a = 0, long b = 0, object? detail = null) =>
        World.Trace.Add(kind, Node.Address, a, b, detail);

    public PeerHeader HeaderTo(NodeId peer) => new(NodeStorage.Cluster, Id, Instance, peer);

    /// <summary>
    /// Runs something after some time, later if the node is frozen then, and never if it is gone by then.
    /// </summary>
    public void Later(long delay, Action run) => World.Scheduler.After(delay, () => Run(run));

    /// <summary>Brings something to the replica's next turn.</summary>
    public void Post(Action<ReplicaNode> input)
    {
        _inputs.Enqueue(input);
        if (!_isTurnDue)
        {
            _isTurnDue = true;
            Later(Node.Random.NextInt64(World.Options.TurnDelay + 1), Turn);
        }
    }

    public void Receive(Envelope envelope) => Run(() => Handle(envelope));

    private void Handle(Envelope envelope)
    {
        switch (envelope)
        {
            case PeerEnvelope peer when Trust.Accepts(peer.From, peer.Header):
                var message = RaftMessageCodec.ReadFrom(peer.Header.From, Id, peer.Bytes);
                Trace(TraceKind.Delivered, peer.From, message.Term.Value, message);
                Post(_ => World.Checks.Receive(this, message));
                break;
            case VotersQuestionEnvelope question:
                Trust.OnQuestion(question);
                break;
            case VotersAnswerEnvelope answer:
                Trust.OnAnswer(answer);
                break;
            case RequestEnvelope request:
                _requests.Receive(request);
                break;
            case FeedRequestEnvelope request:
                _feed.Open(request);
                break;
            case FeedAnswerEnvelope answer:
                _feed.Answered(answer);
                break;
            case ChunkEnvelope chunk when Trust.Accepts(chunk.From, chunk.Header):
                _receiver.OnChunk(chunk);
                break;
            case ChunkAnswerEnvelope answer:
                _sender.OnAnswer(answer);
                break;
            case AnnouncementEnvelope announcement:
                Trace(TraceKind.Announced, announcement.From, detail: announcement.Announcement);
                Post(r => r.Announce(announcement.Announcement, outcome => World.Network.Send(new AdmissionEnvelope(
                    Node.Address,
                    announcement.From,
                    announcement.Call,
                    outcome,
                    outcome.Leader is { } leader ? World.Members.AddressOf(leader) : 0))));
                break;
            case AdmissionEnvelope admission:
                _arrival.OnAnswer(admission);
                break;
            case RemovedEnvelope removed when removed.Member == Id:
                World.Totals.Count(Marker.RemovedMembersTold);
                OnRemovalTold();
                break;
        }
    }

    /// <summary>
    /// A hostile peer's message comes at once, as long as it may send that (<see cref="HostilePeer"/>).
    /// </summary>
    public void ReceiveHostile(PeerEnvelope envelope) => Run(() =>
    {
        if (!Trust.Accepts(envelope.From, envelope.Header))
        {
            return;
        }

        try
        {
            var message = RaftMessageCodec.ReadFrom(envelope.Header.From, Id, envelope.Bytes);
            Post(_ =>
            {
                if (World.HostilePeer.MaySay(this, envelope.Header.From, message))
                {
                    World.Checks.ReceiveHostile(this, message);
                }
            });
        }
        catch (WireFormatException)
        {
            World.Totals.Count(Marker.HostileFramesRefused);
        }
    });

    /// <summary>A reason to ask the cluster, and no more.</summary>
    private void OnRemovalTold()
    {
        if (World.Options.Bug == Bug.BelieveRemoval)
        {
            MembershipSafety.RequireGone(Id, Instance, World.Checks.Ledger.Membership);
            Node.Dismiss();
            return;
        }

        _arrival.AskNow();
    }

    public void Send(RaftMessage message)
    {
        World.Checks.Sending(this, message);
        Trace(TraceKind.Sent, message.To.Value, message.Term.Value, message);
        var address = Trust.AddressOf(message.To);
        if (address == 0)
        {
            return;
        }

        if (message is SnapshotRequest snapshot)
        {
            _sender.Send(snapshot, address);
            return;
        }

        _bytes.ResetWrittenCount();
        RaftMessageCodec.Write(_bytes, message);
        World.Network.Send(
            new PeerEnvelope(Node.Address, address, HeaderTo(message.To), _bytes.WrittenSpan.ToArray()));
    }

    public void Persist(RaftWrite write)
    {
        World.Checks.Persisting(this, write);
        StampAnewIfBuggy(write);
        Trace(TraceKind.Written, write.Sequence, write.Entries.Count);
        _log.Enqueue(write);
        if (World.HasFaults && World.Options.Has(FaultClass.Crash) && View.Written.MembershipIndex > View.Commit)
        {
            CrashSoon();
        }
    }

    /// <summary>The worst of times for it: a change of the members is under way.</summary>
    private void CrashSoon()
    {
        if (Node.Random.Chance(View.Written.Membership.IsJoint ? CrashInJointChange : CrashAtChange))
        {
            Later(Node.Random.Exponential(World.Options.SyncTime + World.Options.NetworkDelay), Node.Crash);
        }
    }

    public ISnapshotSink CreateSnapshot(SnapshotMetadata metadata)
    {
        World.Checks.SnapshotBegun(this, metadata);
        return new SimulatedSnapshotSink(this, _storage.Snapshots, metadata);
    }

    public void CompactLog(LogIndex keepFrom)
    {
        IndexOrder.RequireCovered(Id, keepFrom, View.DurableSnapshot);
        _log.Compact(keepFrom);
    }

    public void Applied(StateMachine machine, Revision revision)
    {
        Trace(TraceKind.Applied, Replica.AppliedIndex.Value, revision.Value);
        World.Checks.Applied(this, machine);
        _feed.Publish(machine);
    }

    public void DigestDiffers(LogIndex index, ulong own, ulong stamped) => throw new ViolationException(
        "I6 state machine safety",
        $"node {Id} has digest {own:x16} after entry {index}, its leader stamped {stamped:x16}");

    /// <summary>One block of a snapshot at a time, each behind the inputs that have come meanwhile.</summary>
    public void ContinueSnapshot()
    {
        if (!_isSnapshotStepDue && Replica.HasSnapshotWork)
        {
            _isSnapshotStepDue = true;
            Post(r =>
            {
                _isSnapshotStepDue = false;
                r.ContinueSnapshot();
            });
        }
    }

    private RecoveredState WithBug(RecoveredState recovered) => World.Options.Bug switch
    {
        Bug.ForgetVote => recovered with { HardState = recovered.HardState with { Vote = null } },
        Bug.LoseLogTail when recovered.Entries.Count > 1 =>
            recovered with { Entries = [.. recovered.Entries.SkipLast(1)] },
        _ => recovered,
    };

    private void StampAnewIfBuggy(RaftWrite write)
    {
        if (World.Options.Bug != Bug.ApplyWithOwnClock || Replica.Role == Role.Leader)
        {
            return;
        }

        foreach (var entry in write.Entries)
        {
            if (entry.Kind == EntryKind.Command)
            {
                BinaryPrimitives.WriteInt64LittleEndian(MemoryMarshal.AsMemory(entry.Payload).Span[1..], UnixMilliseconds);
            }
        }
    }

    private void Tick(long interval) => Later(interval, () =>
    {
        Post(static r => r.Tick());
        _arrival.Tick();
        Tick(interval);
    });

    private void Run(Action run)
    {
        if (Node.Process != this)
        {
            return;
        }

        if (Node.IsPaused)
        {
            Node.WhenAwake(() => Run(run));
            return;
        }

        try
        {
            run();
        }
        catch (SimulatedCrashException)
        {
            World.Totals.Count(Marker.CrashesAtDiskOperations);
            Node.Crash();
        }
        catch (FeatureLevelException e)
        {
            Node.NoticeTooOld(e);
        }
        catch (StorageFailedException e)
        {
            Node.Exit(e);
        }
    }

    private void Turn()
    {
        _isTurnDue = false;
        World.Checks.TurnBegins(this);
        for (var i = 0; i < InputsMax && _inputs.TryDequeue(out var input); i++)
        {
            input(Replica);
        }

        Replica.Advance();
        World.Checks.TurnEnded(this);
        ContinueSnapshot();
        if (_inputs.Count > 0 && !_isTurnDue)
        {
            _isTurnDue = true;
            Later(1, Turn);
        }
    }
}
