using System.Runtime.CompilerServices;
using System.Text.Json;
using Cloudkeeper.Coherence.Delivery;
using Cloudkeeper.Coherence.Feed;
using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Hosting.Nodes;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Protocol.Sessions;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>The nodes over their endpoints (<see cref="NodeRoutes"/>).</summary>
internal sealed partial class HttpNodes : INodes
{
    /// <summary>A node whose feed lags so long behind what others know is not followed any longer.</summary>
    private static readonly TimeSpan FeedLagMax = TimeSpan.FromSeconds(2);

    private readonly INodeTransport _transport;
    private readonly NodeDirectory _directory;
    private readonly IClusterNodes _cluster;
    private readonly PreferredNode _leader;
    private readonly PreferredNode _local;
    private readonly NodeCalls _calls;
    private readonly TimeProvider _time;
    private readonly int _recentMax;
    private readonly BatchSender<CommandRequest, CommandResult>[] _lanes;
    private readonly ReadSenders _linearizable;
    private readonly ReadSenders _localReads;
    private readonly BatchSender<ReadIndexQuestion, ReadIndex> _readIndex;
    private readonly BatchSender<SessionId, KeepaliveResult> _keepalives;
    private int _nextLane;

    // The leader has enough to do; but when another node has just failed, it is better than none.
    private volatile bool _sparesLeader = true;

    public HttpNodes(
        INodeTransport transport, NodeDirectory directory, IClusterNodes cluster, GatewayOptions options,
        TimeProvider time, Random random, GatewayMetrics metrics, ILoggerFactory loggers)
    {
        _transport = transport;
        _directory = directory;
        _cluster = cluster;
        _time = time;
        _recentMax = options.RecentChangesMax;
        _leader = new PreferredNode(directory, isLeader: true);
        _local = new PreferredNode(directory);
        _calls = new NodeCalls(
            transport, directory, options.AttemptTimeout, time, random, metrics, loggers.CreateLogger<NodeCalls>());
        var logger = loggers.CreateLogger<HttpNodes>();
        _lanes = [.. Enumerable.Range(0, options.Lanes).Select(_ => new BatchSender<CommandRequest, CommandResult>(
            NodeRoutes.Commands, _calls, _leader, [NewLane(logger)], options, time, logger) { Sending = metrics.CommandBatch })];
        _linearizable = new ReadSenders(() => NewReads(ReadConsistency.Linearizable, _leader));
        _localReads = new ReadSenders(() => NewReads(ReadConsistency.Local, _local));
        _readIndex = new(NodeRoutes.ReadIndex, _calls, _leader, [new ReadIndexQuestions()], options, time, logger)
        {
            Sending = metrics.ReadIndexAsked,
            Gathering = (new ReadGathering(ReadIndexQuestions.GatheredMax), options.ReadGatherMax),
        };
        _keepalives = new(NodeRoutes.Keepalives, _calls, _leader, [new Keepalives()], options, time, logger);
        metrics.ObserveWaiting(() => _lanes.Sum(lane => lane.WaitingCount));

        BatchSender<ReadQuestion, ReadAnswer> NewReads(ReadConsistency consistency, PreferredNode node) => new(
            NodeRoutes.Reads, _calls, node, Enumerable.Range(0, options.ReadBatches).Select(_ => new ReadQuestions(consistency)),
            options, time, logger)
        {
            Sending = metrics.ReadBatch,
        };
    }

    private static CommandLane NewLane(ILogger logger) =>
        new(lane => LogOpened(logger, lane), lane => LogExpired(logger, lane));

    public ValueTask<CommandResult> ExecuteAsync(CommandRequest request, SessionId? session) =>
        LaneFor(session).SendAsync(request, CommandSize.Of(request), CommandWeight.AnswerBytesOf(request.Command));

    public ValueTask<ReadAnswer> ReadAsync(ReadRequest request, ReadConsistency consistency, Revision minRevision) =>
        (consistency == ReadConsistency.Linearizable ? _linearizable : _localReads).For(request)
            .SendAsync(new ReadQuestion(request, minRevision), ReadRequestSize.Of(request));

    public ValueTask<ReadIndex> ReadIndexAsync() => _readIndex.SendAsync(default, bytes: 1);

    public ValueTask<KeepaliveResult> KeepAliveAsync(SessionId session) => _keepalives.SendAsync(session, sizeof(long));

    /// <remarks>Local reads follow the feed to its node: a change that it has sent can be read there.</remarks>
    public async IAsyncEnumerable<FeedFrame> FollowAsync(
        Revision? from, Func<Revision> known, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_sparesLeader && _local.Current == _leader.Current)
        {
            _local.Leave(_leader.Current);
        }

        var node = _local.Current;
        var route = NodeRoutes.Feed + (from is { } revision ? $"?from={revision}" : $"?recent={_recentMax}");
        await using var frames = new FeedStream(_transport, node, route, _time, cancellationToken);
        var lag = new FeedLag((long)(FeedLagMax.TotalSeconds * _time.TimestampFrequency));
        while (true)
        {
            FeedFrame? frame = null;
            try
            {
                // A node that was removed, or is cut off, receives no change, and would report for ever that there is
                // none.
                frame = _directory.Nodes.Contains(node) ? await frames.ReadAsync() : null;
                frame = frame is null || lag.IsBearable(frame, known(), _time.GetTimestamp()) ? frame : null;
                _sparesLeader = true;
            }
            finally
            {
                if (frame is null && !cancellationToken.IsCancellationRequested)
                {
                    _sparesLeader = false;
                    _local.Leave(node);
                }
            }

            if (frame is null)
            {
                yield break;
            }

            yield return frame;
        }
    }

    public async ValueTask<ReadOnlyMemory<byte>> ReadClusterAsync(CancellationToken cancellationToken) =>
        JsonSerializer.SerializeToUtf8Bytes((await _cluster.ReadAsync(cancellationToken)).Json);

    private BatchSender<CommandRequest, CommandResult> LaneFor(SessionId? session)
    {
        if (session is { } id)
        {
            return _lanes[(int)((ulong)id.Value % (ulong)_lanes.Length)];
        }

        var start = (int)((uint)Interlocked.Increment(ref _nextLane) % (uint)_lanes.Length);
        var best = _lanes[start];
        for (var i = 1; i < _lanes.Length; i++)
        {
            var other = _lanes[(start + i) % _lanes.Length];
            best = other.WaitingCount < best.WaitingCount ? other : best;
        }

        return best;
    }

    /// <summary>Of one consistency. Large lists do not stand before reads of a single node.</summary>
    private sealed class ReadSenders(Func<BatchSender<ReadQuestion, ReadAnswer>> create)
    {
        private readonly BatchSender<ReadQuestion, ReadAnswer> _lists = create();
        private readonly BatchSender<ReadQuestion, ReadAnswer> _others = create();

        public BatchSender<ReadQuestion, ReadAnswer> For(ReadRequest request) => request.IsList ? _lists : _others;
    }

    [LoggerMessage(LogLevel.Information, "Opened lane {Lane}")]
    private static partial void LogOpened(ILogger logger, LaneId lane);

    [LoggerMessage(LogLevel.Warning, "Lane {Lane} has expired")]
    private static partial void LogExpired(ILogger logger, LaneId lane);
}
