using System.Buffers;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Protocol.Sessions;
using Cloudkeeper.Simulation.Clients;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Network;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Gateways;

/// <summary>A model of the gateway: the batching, the lanes and the retries, and nothing of HTTP.</summary>
internal sealed class Gateway : IEndpoint
{
    private readonly Dictionary<long, Action<ReplyEnvelope?>> _calls = [];
    private Channels _channels;
    private int _life;

    public Gateway(World world, int address, SimulationRandom random)
    {
        World = world;
        Address = address;
        Random = random;
        _channels = new Channels(this);
    }

    public World World { get; }

    public int Address { get; }

    public SimulationRandom Random { get; }

    /// <summary>How long one attempt at a node may take.</summary>
    private long AttemptTimeout => World.Options.ElectionTimeout;

    public void Write(HistoryOperation operation, long deadline, Action ended) => LaneOf(operation).Enqueue(
        new Call(operation, deadline, (outcome, result) =>
        {
            operation.Result = (CommandResult?)result;
            operation.Revision = operation.Result?.Revision ?? Revision.Zero;
            Return(operation, outcome);
            ended();
        }));

    public void Read(HistoryOperation operation, long deadline, Action ended)
    {
        var channel = operation.Consistency == ReadConsistency.Linearizable ? _channels.Linearizable : _channels.Local;
        channel.Enqueue(new Call(operation, deadline, (outcome, result) =>
        {
            if (result is (ReadResult read, Revision revision))
            {
                operation.ReadResult = read;
                operation.Revision = revision;
            }

            Return(operation, outcome);
            ended();
        }));
    }

    public void Keepalive(SessionId session, long deadline, Action<KeepaliveResult?> ended) =>
        _channels.Keepalives.Enqueue(new Call(session, deadline, (_, result) => ended((KeepaliveResult?)result)));

    /// <summary>Everything under way is cut off, and its lanes are never used again.</summary>
    public void Crash()
    {
        World.Trace.Add(TraceKind.Crashed, Address);
        World.Totals.Count(Marker.GatewayCrashes);
        _life++;
        _calls.Clear();
        var old = _channels;
        _channels = new Channels(this);
        old.Reset();
    }

    /// <summary>Somebody sends a node more at once than it may take, and does not care for the answers.</summary>
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
    public void Call(int node, Route route, byte[] body, Action<ReplyEnvelope?> answered)
    {
        var call = World.NextId();
        _calls.Add(call, answered);
        World.Trace.Add(TraceKind.Attempt, Address, node, (long)route);
        World.Network.Send(new RequestEnvelope(Address, node, call, route, body));
        Later(AttemptTimeout, () => Answer(call, null));
    }

    public void Receive(Envelope envelope)
    {
        if (envelope is ReplyEnvelope reply)
        {
            World.Trace.Add(TraceKind.Answer, Address, reply.From, (long)reply.Status);
            Answer(reply.Call, reply);
        }
    }

    private void Answer(long call, ReplyEnvelope? reply)
    {
        if (_calls.Remove(call, out var answered))
        {
            answered(reply);
        }
    }

    private WriteLane LaneOf(HistoryOperation operation) =>
        _channels.Lanes[operation.Client % _channels.Lanes.Count];

    private void Return(HistoryOperation operation, CallOutcome outcome)
    {
        operation.Outcome = outcome;
        operation.Returned = World.Scheduler.Now;
        World.Trace.Add(
            TraceKind.Returned, operation.Client, (long)outcome, operation.Revision.Value, operation);
    }

    private sealed class Channels(Gateway gateway)
    {
        public IReadOnlyList<WriteLane> Lanes { get; } =
            [.. Enumerable.Range(0, gateway.World.Options.Lanes).Select(_ => new WriteLane(gateway))];

        public ReadChannel Linearizable { get; } = new(gateway, ReadConsistency.Linearizable);

        public ReadChannel Local { get; } = new(gateway, ReadConsistency.Local);

        public KeepaliveChannel Keepalives { get; } = new(gateway);

        public void Reset()
        {
            foreach (var lane in Lanes)
            {
                lane.Reset();
            }

            Linearizable.Reset();
            Local.Reset();
            Keepalives.Reset();
        }
    }
}
