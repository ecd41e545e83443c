using System.Buffers;
using System.Net;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Protocol.Sessions;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Gateway.Tests.Upstream;

/// <summary>What happens to one call to a node.</summary>
internal enum Fate
{
    Answered,

    /// <summary>No process listens.</summary>
    Refused,

    /// <summary>The connection breaks before the node has seen the call.</summary>
    LostOnTheWay,

    /// <summary>The node does it, and its answer is lost.</summary>
    AnswerLost,

    /// <summary>The node does it, but answers that the outcome is unknown.</summary>
    Unknown,

    /// <summary>The node does it twice, as when it is delivered twice.</summary>
    Duplicated,

    /// <summary>Another node leads; the answer names it.</summary>
    Redirected,

    /// <summary>Another node leads; this one does not know which.</summary>
    NoLeader,

    /// <summary>Too much waits at the node.</summary>
    Busy,

    NoQuorum,

    /// <summary>The node knows another cluster key.</summary>
    KeyRefused,

    DiskFull,

    /// <summary>The node does it, and fails at its answer.</summary>
    Failed,

    /// <summary>No answer until the caller gives up; the node does it long after.</summary>
    Delayed,
}

/// <summary>Three nodes with one state machine behind them, where every call meets its fate.</summary>
internal sealed class ScriptedCluster : INodeTransport
{
    public static readonly Uri[] Nodes = [new("http://n1/"), new("http://n2/"), new("http://n3/")];

    private readonly Lock _gate = new();
    private readonly StateMachine _machine = new(StateMachineOptions.Default);
    private readonly List<byte[]> _delayed = [];
    private long _index;
    private long _time = 1_000_000;
    private bool _forgetsLanes;

    /// <summary>The node that leads.</summary>
    public Uri Leader { get; set; } = Nodes[0];

    /// <summary>Decides what happens to a call to the leader.</summary>
    public Func<string, Fate> Decide { get; set; } = _ => Fate.Answered;

    /// <summary>How many commands there are in the call that is decided.</summary>
    public int CommandsAsked { get; private set; }

    /// <summary>Calls go on when this is done.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Sizes of the batches of commands that were applied.</summary>
    public List<int> BatchSizes { get; } = [];

    public List<Uri> Calls { get; } = [];

    /// <summary>Nodes refuse larger bodies.</summary>
    public int BodyBytesMax { get; set; } = int.MaxValue;

    /// <summary>By what is there now, more commands in one batch would do too much.</summary>
    public int CommandsMax { get; set; } = int.MaxValue;

    /// <summary>Nodes take only what makes the state smaller.</summary>
    public bool HasLittleRoom { get; set; }

    /// <summary>Sizes of the bodies that were not refused.</summary>
    public List<int> BodyBytes { get; } = [];

    /// <summary>A status with which nodes refuse a batch of reads.</summary>
    public Func<IReadOnlyList<ReadRequest>, HttpStatusCode?> Objects { get; set; } = static _ => null;

    /// <summary>How many reads of a batch are answered at a time.</summary>
    public int ReadsAnsweredMax { get; set; } = int.MaxValue;

    /// <summary>How many reads nodes were asked, those without an answer included.</summary>
    public int ReadsAsked { get; set; }

    public StateMachine Machine => _machine;

    public async ValueTask<NodeReply> PostAsync(
        Uri node, string route, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        await Task.Yield();
        await Gate.WaitAsync(cancellationToken);
        Fate fate;
        lock (_gate)
        {
            Calls.Add(node);
            CommandsAsked = route == NodeRoutes.Commands ? CommandCodec.Read(body.Span).Requests.Count : 0;
            fate = node != Leader && !IsLocal(route, body) ? Fate.Redirected : Decide(route);
        }

        switch (fate)
        {
            case Fate.Refused:
                throw new NodeUnreachableException("refused");
            case Fate.LostOnTheWay:
                throw new IOException("lost");
            case Fate.AnswerLost:
                Do(route, body);
                throw new IOException("lost");
            case Fate.Unknown:
                Do(route, body);
                return new NodeReply(HttpStatusCode.GatewayTimeout, null, default);
            case Fate.Duplicated:
                Do(route, body);
                return Do(route, body);
            case Fate.Redirected:
                return new NodeReply(HttpStatusCode.MisdirectedRequest, Leader, default);
            case Fate.NoLeader:
                return new NodeReply(HttpStatusCode.MisdirectedRequest, null, default);
            case Fate.Busy:
                return new NodeReply(HttpStatusCode.TooManyRequests, null, default);
            case Fate.NoQuorum:
                return new NodeReply(HttpStatusCode.ServiceUnavailable, null, default);
            case Fate.Failed:
                Do(route, body);
                return new NodeReply(HttpStatusCode.InternalServerError, null, default);
            case Fate.KeyRefused:
                return new NodeReply(HttpStatusCode.Unauthorized, null, default);
            case Fate.DiskFull:
                return new NodeReply(HttpStatusCode.InsufficientStorage, null, default);
            case Fate.Delayed:
                _delayed.Add(body.ToArray());
                await Task.Delay(Timeout.Infinite, cancellationToken);
                throw new InvalidOperationException("Not reached.");
            default:
                return Do(route, body);
        }
    }

    public ValueTask<NodeReply> CallAsync(
        HttpMethod method, Uri node, string route, ReadOnlyMemory<byte> json, CancellationToken cancellationToken) =>
        throw new NodeUnreachableException("no calls here");

    public Task<Stream> OpenAsync(Uri node, string route, CancellationToken cancellationToken) =>
        throw new NodeUnreachableException("no streams here");

    public Task<HttpResponseMessage> GetAsync(Uri node, string route, CancellationToken cancellationToken) =>
        throw new NodeUnreachableException("no downloads here");

    /// <summary>What was on the way for long arrives.</summary>
    public void DeliverDelayed()
    {
        _delayed.ForEach(body => Do(NodeRoutes.Commands, body));
        _delayed.Clear();
    }

    /// <summary>All lanes have been idle for too long.</summary>
    public void ForgetLanes()
    {
        _time += (long)TimeSpan.FromHours(1).TotalMilliseconds;
        _machine.Apply(++_index, 1, _time, [], []);
        _machine.Apply(++_index, 1, _time, [], []);
    }

    /// <summary>The same behind the next batch of commands.</summary>
    public void ForgetLanesAfterThis() => _forgetsLanes = true;

    private void Apply(CommandBatch batch, List<CommandResult> results)
    {
        _machine.Apply(++_index, 1, ++_time, [batch], results);
        if (_forgetsLanes)
        {
            _forgetsLanes = false;
            ForgetLanes();
        }
    }

    private static bool IsLocal(string route, ReadOnlyMemory<byte> body) =>
        route == NodeRoutes.Reads && ReadRequestCodec.Read(body.Span).Consistency == ReadConsistency.Local;

    private NodeReply Do(string route, ReadOnlyMemory<byte> body)
    {
        var output = new ArrayBufferWriter<byte>();
        lock (_gate)
        {
            if (body.Length > BodyBytesMax)
            {
                return new NodeReply(HttpStatusCode.RequestEntityTooLarge, null, default);
            }

            BodyBytes.Add(body.Length);
            switch (route)
            {
                case NodeRoutes.Commands:
                    var batch = CommandCodec.Read(body.Span);
                    if (HasLittleRoom && !batch.Requests.All(request => Relief.Is(request.Command)))
                    {
                        return new NodeReply(HttpStatusCode.InsufficientStorage, null, default);
                    }

                    if (batch.Requests.Count > CommandsMax)
                    {
                        return new NodeReply(HttpStatusCode.RequestEntityTooLarge, null, default);
                    }

                    var results = new List<CommandResult>();
                    Apply(batch, results);
                    BatchSizes.Add(batch.Requests.Count);
                    CommandResultCodec.WriteAll(output, results);
                    break;
                case NodeRoutes.Reads:
                    var reads = ReadRequestCodec.Read(body.Span).Requests;
                    if (Objects(reads) is { } status)
                    {
                        return new NodeReply(status, null, default);
                    }

                    ReadsAsked += reads.Count;
                    ReadResultCodec.Write(
                        output,
                        new ReadBatchResult(_machine.Revision, [.. reads.Take(ReadsAnsweredMax).Select(_machine.Read)]));
                    break;
                case NodeRoutes.ReadIndex:
                    ReadPoint.Write(output, new ReadPoint(default, _machine.Revision));
                    break;
                default:
                    var sessions = KeepaliveCodec.ReadSessions(body.Span);
                    KeepaliveCodec.WriteResults(output, Array.ConvertAll(sessions, session =>
                        new KeepaliveResult(session, KeepaliveStatus.Alive, 1_000)));
                    break;
            }
        }

        return new NodeReply(HttpStatusCode.OK, null, output.WrittenMemory);
    }
}
