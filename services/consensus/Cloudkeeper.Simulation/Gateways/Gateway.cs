using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Cloudkeeper.Coherence.Delivery;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Protocol.Sessions;
using Cloudkeeper.Simulation.Clients;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Gateways.Feeds;
using Cloudkeeper.Simulation.Gateways.Watches;
using Cloudkeeper.Simulation.Network;
using Cloudkeeper.Simulation.Oracle;
using Cloudkeeper.Simulation.Redis;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Gateways;

/// <summary>The decisions of a gateway on a simulated network: nothing of HTTP.</summary>
internal sealed class Gateway : IEndpoint
{
    private const long GatherMax = 8 * Scheduler.Millisecond;

    private readonly Dictionary<long, Action<ReplyEnvelope?>> _calls = [];

    // Reads that may wait for something else than a node's answer.
    private readonly List<Call> _open = [];
    private Channels _channels;
    private CachedReads _reads;
    private FeedFollower _follower;
    private int _life;

    public Gateway(World world, int address, SimulationRandom random)
    {
        World = world;
        Address = address;
        Random = random;
        Begin();
    }

    public World World { get; }

    public int Address { get; }

    public SimulationRandom Random { get; }

    /// <summary>Of this life.</summary>
    public GatewayMemory Memory { get; private set; }

    /// <summary>Of this life.</summary>
    public RedisClient Redis { get; private set; }

    /// <summary>The feeds that are open, the one of the gateway and that of its watchers that catch up.</summary>
    public Dictionary<long, FeedChannel> Feeds { get; } = [];

    public List<GatewayWatch> Watches { get; } = [];

    /// <summary>Of this life.</summary>
    public SharedReadings Readings { get; private set; }

    /// <summary>Of this life.</summary>
    public SharedHistory History { get; private set; }

    /// <summary>How long one attempt at a node may take.</summary>
    private long AttemptTimeout => World.Options.ElectionTimeout;

    public void Write(HistoryOperation operation, long deadline, Action ended) => LaneOf(operation).Enqueue(
        new WriteCall(operation, deadline, (outcome, result) =>
        {
            operation.Result = result;
            operation.Revision = operation.Result?.Revision ?? Revision.Zero;
            Return(operation, outcome);
            ended();
        }));

    public void Read(HistoryOperation operation, long deadline, Action ended)
    {
        Call? call = null;
        call = new Call(operation, deadline, (outcome, result) =>
        {
            _open.Remove(call!);
            if (result is (ReadResult read, Revision revision))
            {
                operation.ReadResult = read;
                operation.Revision = revision;
            }

            Return(operation, outcome);
            ended();
        });
        _open.Add(call);
        Later(deadline - World.Scheduler.Now, () => call.End(CallOutcome.Failed));
        _reads.Read(call);
    }

    /// <summary>Asks a node to answer a read.</summary>
    public void Ask(Call call)
    {
        if (call.IsEnded)
        {
            return;
        }

        var operation = (HistoryOperation)call.Request;
        var isLocal = operation.Wanted is Freshness.Session or Freshness.Stale;
        (isLocal ? _channels.Local : _channels.Linearizable).Enqueue(new ChannelCall<ReadQuestion, ReadAnswer>(
            new ReadQuestion(operation.Read!, operation.AskedFor), ReadRequestSize.Of(operation.Read!), 0, call.Deadline,
            (outcome, answer) => Answered(call, operation, outcome, answer)));
    }

    /// <summary>Asks the leader how far one must be; null: it has not answered in time.</summary>
    public void AskReadIndex(long deadline, Action<ReadIndex?> answered) => _channels.ReadIndex.Enqueue(
        new ChannelCall<ReadIndexQuestion, ReadIndex>(default, 1, 0, deadline, (outcome, index) =>
        {
            if (outcome == CallOutcome.Answered)
            {
                Memory.Confirm(index.Cluster, index.Revision, index.AskedAt);
            }

            answered(outcome == CallOutcome.Answered ? index : null);
        }));

    public void Keepalive(SessionId session, long deadline, Action<KeepaliveResult?> ended) =>
        _channels.Keepalives.Enqueue(new ChannelCall<SessionId, KeepaliveResult>(
            session, sizeof(long), 0, deadline,
            (outcome, result) => ended(outcome == CallOutcome.Answered ? result : null)));

    /// <summary>Everything under way is cut off, and its lanes are never used again.</summary>
    public void Crash()
    {
        World.Trace.Add(TraceKind.Crashed, Address);
        World.Totals.Count(Marker.GatewayCrashes);
        _life++;
        _calls.Clear();
        Feeds.Clear();
        var (channels, watches, reads) = (_channels, Watches.ToArray(), _open.ToArray());
        Watches.Clear();
        _open.Clear();
        Begin();
        Start();
        channels.Reset();
        foreach (var read in reads)
        {
            read.End(CallOutcome.Unknown);
        }

        foreach (var watch in watches)
        {
            watch.Reset();
        }
    }

    /// <summary>Begins to follow the changes.</summary>
    public void Start()
    {
        _follower.Follow();
        Redis.Start();
        KeepFresh();
    }

    /// <param name="except">Not this one, if there are others.</param>
    public int AnyVoter(int except = 0)
    {
        var voters = World.Checks.Ledger.Membership.Members.Where(m => m.IsVoter)
            .Select(m => MemberBook.AddressOf(m.Address)).ToList();
        return voters.TrueForAll(v => v == except) ? except : Random.Pick(voters.FindAll(v => v != except));
    }

    public bool IsVoter(int node) => World.Checks.Ledger.Membership.Members.Any(
        m => m.IsVoter && MemberBook.AddressOf(m.Address) == node);

    /// <summary>A client sends a node more at once than it may take, and does not care for the answers.</summary>
    public void Flood(int requests, int node)
    {
        var bytes = new ArrayBufferWriter<byte>();
        var add = new CommandRequest(0, null, UInt128.Zero, [], new MutationCommand(new AddOperation("/flood", 1)));
        CommandCodec.Write(bytes, new CommandBatch(LaneId.None, 0, [add]));
        for (var i = 0; i < requests; i++)
        {
            World.Network.Send(
                new RequestEnvelope(Address, node, World.NextId(), Route.Commands, bytes.WrittenSpan.ToArray()));
        }
    }

    public void Later(long delay, Action run)
    {
        var life = _life;
        World.Scheduler.After(delay, () =>
        {
            if (_life == life)
            {
                run();
            }
        });
    }

    /// <summary>Asks one node. Null: no answer in time.</summary>
    /// <param name="remaining">Until a client must have an answer.</param>
    public void Call(int node, Route route, byte[] body, long remaining, Action<ReplyEnvelope?> answered)
    {
        var call = World.NextId();
        _calls.Add(call, answered);
        World.Trace.Add(TraceKind.Attempt, Address, node, (long)route);
        World.Network.Send(new RequestEnvelope(Address, node, call, route, body));
        Later(Math.Min(AttemptTimeout, remaining), () => Answer(call, null));
    }

    public void Receive(Envelope envelope)
    {
        switch (envelope)
        {
            case ReplyEnvelope reply:
                World.Trace.Add(TraceKind.Answer, Address, reply.From, (long)reply.Status);
                Answer(reply.Call, reply);
                break;
            case FeedBytesEnvelope part when Feeds.TryGetValue(part.Stream, out var feed):
                feed.Receive(part);
                break;
            case FeedBytesEnvelope { IsLast: false } part:
                World.Network.Send(new FeedAnswerEnvelope(Address, part.From, part.Stream, 0, IsClosed: true));
                break;
            case RedisReplyEnvelope reply:
                Redis.Receive(reply);
                break;
            case RedisMessageEnvelope message when Redis.Receive(message):
                _follower.Heard();
                break;
        }
    }

    [MemberNotNull(nameof(Memory), nameof(Readings), nameof(History), nameof(Redis), nameof(_channels), nameof(_reads), nameof(_follower))]
    private void Begin()
    {
        Memory = new GatewayMemory(this);
        Readings = new SharedReadings(this);
        History = new SharedHistory(this);
        Redis = new RedisClient(this);
        _channels = new Channels(this);
        _reads = new CachedReads(this);
        _follower = new FeedFollower(this);
    }

    /// <summary>Asks the leader now and then when no reader does, so that the age of what is here is known.</summary>
    private void KeepFresh() => Later(Scheduler.Second, () =>
    {
        if (World.Scheduler.Now - Memory.FreshAsOf is not < Scheduler.Second)
        {
            AskReadIndex(World.Scheduler.Now + World.Workload.CallTimeout, static _ => { });
        }

        KeepFresh();
    });

    private void Answer(long call, ReplyEnvelope? reply)
    {
        if (_calls.Remove(call, out var answered))
        {
            answered(reply);
        }
    }

    /// <summary>A member has answered a read, or none did in time.</summary>
    private void Answered(Call call, HistoryOperation operation, CallOutcome outcome, ReadAnswer answer)
    {
        if (outcome != CallOutcome.Answered)
        {
            call.End(outcome);
            return;
        }

        if ((operation.Read, answer.Result) is (ReadNodeRequest request, ReadNodeResult node))
        {
            _reads.Keep(request, node, answer.Cluster, answer.Revision);
        }

        call.End(CallOutcome.Answered, (answer.Result, answer.Revision));
    }

    private Channel<CommandRequest, CommandResult> LaneOf(HistoryOperation operation) =>
        _channels.Lanes[operation.Client % _channels.Lanes.Count];

    private void Return(HistoryOperation operation, CallOutcome outcome)
    {
        operation.Outcome = outcome;
        operation.Returned = World.Scheduler.Now;
        World.Trace.Add(
            TraceKind.Returned, operation.Client, (long)outcome, operation.Revision.Value, operation);
    }

    private sealed class Channels
    {
        public Channels(Gateway gateway)
        {
            var leader = new LeaderChoice(gateway);
            Lanes = [.. Enumerable.Range(0, gateway.World.Options.Lanes).Select(
                _ => new Channel<CommandRequest, CommandResult>(gateway, Route.Commands, leader, new CommandLane()))];
            Linearizable = new(gateway, Route.Reads, leader, new ReadQuestions(ReadConsistency.Linearizable));
            Local = new(gateway, Route.Reads, new AnyMember(gateway), new ReadQuestions(ReadConsistency.Local));
            ReadIndex = new(gateway, Route.ReadIndex, leader, new ReadIndexQuestions())
            {
                Gathering = (new ReadGathering(ReadIndexQuestions.GatheredMax), GatherMax),
            };
            Keepalives = new(gateway, Route.Keepalives, leader, new Keepalives());
        }

        public IReadOnlyList<Channel<CommandRequest, CommandResult>> Lanes { get; }

        public Channel<ReadQuestion, ReadAnswer> Linearizable { get; }

        public Channel<ReadQuestion, ReadAnswer> Local { get; }

        public Channel<ReadIndexQuestion, ReadIndex> ReadIndex { get; }

        public Channel<SessionId, KeepaliveResult> Keepalives { get; }

        public void Reset()
        {
            foreach (var lane in Lanes)
            {
                lane.Reset();
            }

            Linearizable.Reset();
            Local.Reset();
            ReadIndex.Reset();
            Keepalives.Reset();
        }
    }

    /// <summary>A write knows under which numbers it was sent, for the judges of exactly-once.</summary>
    private sealed class WriteCall(HistoryOperation operation, long deadline, Action<CallOutcome, CommandResult?> ended)
        : ChannelCall<CommandRequest, CommandResult>(
            operation.Request!, CommandSize.Of(operation.Request!), CommandWeight.AnswerBytesOf(operation.Request!.Command),
            deadline, ended)
    {
        protected override void OnNumbered(LaneId lane, long serial) => operation.Sent(lane, serial);

        protected override void OnTakenBack() => operation.TakenBack();
    }
}
