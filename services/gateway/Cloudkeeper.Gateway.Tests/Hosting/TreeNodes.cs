using Cloudkeeper.Coherence.Delivery;
using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Protocol.Sessions;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Gateway.Tests.Hosting;

/// <summary>The real state machine without a cluster around it. Everything passes through the real codecs.</summary>
internal sealed class TreeNodes : INodes
{
    private static readonly TimeSpan SignOfLife = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly Guid _cluster = Guid.NewGuid();
    private readonly StateMachine _machine;
    private readonly List<Channel<FeedFrame>> _followers = [];
    private readonly LaneId _lane;
    private long _index;
    private long _serial;
    private Revision _published;
    private int _followCount;

    /// <param name="level">The feature level that the cluster has.</param>
    public TreeNodes(StateMachineOptions? options = null, int level = FeatureLevels.Newest)
    {
        _machine = new StateMachine(options ?? StateMachineOptions.Default);
        RaiseLevel(level);

        var opened = Apply(new CommandBatch(LaneId.None, 0, [Request(new OpenLaneCommand())]));
        _lane = ((LaneResult)opened.Body!).Lane;
    }

    public Revision Revision
    {
        get
        {
            lock (_gate)
            {
                return _machine.Revision;
            }
        }
    }

    /// <summary>The table.</summary>
    public IReadOnlyList<GatewayEntry> Gateways
    {
        get
        {
            lock (_gate)
            {
                return [.. _machine.Gateways];
            }
        }
    }

    public int SessionCount
    {
        get
        {
            lock (_gate)
            {
                return _machine.SessionCount;
            }
        }
    }

    /// <summary>Of the whole state.</summary>
    public ulong Digest
    {
        get
        {
            lock (_gate)
            {
                return _machine.Digest;
            }
        }
    }

    /// <summary>Receives every transaction, whole, before all other subscribers.</summary>
    public Action<ChangeSet>? Published { get; init; }

    /// <summary>Waited for before a command is decided.</summary>
    public Func<Command, Task>? Deciding { get; set; }

    /// <summary>How often sessions were kept alive.</summary>
    public int KeepaliveCount { get; private set; }

    /// <summary>How many reads and read indexes were asked for.</summary>
    public int ReadCount { get; private set; }

    public int ReadIndexCount { get; private set; }

    /// <summary>How many gateways follow the feed.</summary>
    public int FollowerCount
    {
        get
        {
            lock (_gate)
            {
                return _followers.Count;
            }
        }
    }

    /// <summary>How often a feed was opened.</summary>
    public int FollowCount => _followCount;

    /// <summary>Feeds from a revision begin when it is complete.</summary>
    public Task BeforeHistory { get; set; } = Task.CompletedTask;

    /// <summary>While it is set, the nodes answer only stale reads.</summary>
    public bool HasNoQuorum { get; set; }

    /// <summary>While it is set, the feed is open and brings nothing.</summary>
    public bool HoldsFeed
    {
        get;
        set
        {
            lock (_gate)
            {
                field = value;
                Publish();
            }
        }
    }

    /// <summary>While it is set, commands fail with it.</summary>
    public Exception? Failure { get; set; }

    /// <summary>While it is set, reads wait for what it returns.</summary>
    public Func<ReadRequest, Task>? BeforeRead { get; set; }

    /// <summary>While it is set, no feed can be opened.</summary>
    public bool HasNoFeed { get; set; }

    public async ValueTask<CommandResult> ExecuteAsync(CommandRequest request, SessionId? session)
    {
        RequireQuorum();
        if (Failure is { } failure)
        {
            throw failure;
        }

        if (Deciding is { } deciding)
        {
            await deciding(request.Command);
        }

        lock (_gate)
        {
            return Apply(new CommandBatch(_lane, ++_serial, [request with { Serial = _serial }]));
        }
    }

    public async ValueTask<ReadAnswer> ReadAsync(ReadRequest request, ReadConsistency consistency, Revision minRevision)
    {
        if (consistency == ReadConsistency.Linearizable)
        {
            RequireQuorum();
        }

        if (BeforeRead is { } before)
        {
            await before(request);
        }

        lock (_gate)
        {
            var bytes = new ArrayBufferWriter<byte>();
            var result = WithExpiry(_machine.Read(request));
            ReadResultCodec.Write(bytes, new ReadBatchResult(_machine.Revision, [result]) { Cluster = _cluster });
            var answer = ReadResultCodec.Read(bytes.WrittenSpan);
            ReadCount++;
            return new ReadAnswer(answer.Results[0], answer.Revision) { Cluster = answer.Cluster };
        }
    }

    public ValueTask<ReadIndex> ReadIndexAsync()
    {
        RequireQuorum();
        lock (_gate)
        {
            ReadIndexCount++;
            return new(new ReadIndex(_cluster, _machine.Revision, _time.GetTimestamp()));
        }
    }

    public ValueTask<KeepaliveResult> KeepAliveAsync(SessionId session)
    {
        RequireQuorum();
        lock (_gate)
        {
            KeepaliveCount++;
            var result = (ReadSessionResult)_machine.Read(new ReadSessionRequest(session));
            var answer = result.Code switch
            {
                ResultCode.Ok => new KeepaliveResult(session, KeepaliveStatus.Alive, result.Session!.TtlMilliseconds),
                ResultCode.SessionExpired => new KeepaliveResult(session, KeepaliveStatus.Expired, 0),
                _ => new KeepaliveResult(session, KeepaliveStatus.Unknown, 0),
            };
            return new(answer with { Revision = _machine.Revision });
        }
    }

    public async IAsyncEnumerable<FeedFrame> FollowAsync(
        Revision? from, Func<Revision> known, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (HasNoFeed)
        {
            throw new NodeUnreachableException("No feed here.");
        }

        Interlocked.Increment(ref _followCount);
        if (from is not null)
        {
            await BeforeHistory.WaitAsync(cancellationToken);
        }

        var frames = Channel.CreateUnbounded<FeedFrame>();
        lock (_gate)
        {
            var history = new List<ChangeSet>();
            var status = _machine.ReadHistory(from ?? _machine.Revision, int.MaxValue, history);
            if (status.IsCompacted)
            {
                frames.Writer.TryWrite(new CompactedFrame(status.OldestRevision));
                frames.Writer.Complete();
            }
            else
            {
                var start = history.Count > 0 ? history[0].Previous : _machine.Revision;
                frames.Writer.TryWrite(Encoded(new StartFrame(_cluster, from ?? start)));
                history.ForEach(set => frames.Writer.TryWrite(Encoded(new ChangeSetFrame(set))));
                frames.Writer.TryWrite(new ProgressFrame(_machine.Revision));
                _followers.Add(frames);
            }
        }

        try
        {
            await foreach (var frame in ReadAsync(frames.Reader, cancellationToken))
            {
                yield return frame;
            }
        }
        finally
        {
            lock (_gate)
            {
                _followers.Remove(frames);
            }
        }
    }

    public ValueTask<ReadOnlyMemory<byte>> ReadClusterAsync(CancellationToken cancellationToken) =>
        new(Encoding.UTF8.GetBytes("""
            {
              "id": "c", "node": "n1", "leader": "n1", "term": 1, "revision": 0,
              "members": [
                {
                  "id": "n1", "url": "http://n1", "role": "voter", "state": "leader", "matchIndex": 1, "lag": 0,
                  "progress": 1, "version": null
                }
              ]
            }
            """));

    /// <summary>Lets a session's TTL run out.</summary>
    public void Expire(SessionId session)
    {
        lock (_gate)
        {
            Apply(new CommandBatch(LaneId.None, 0, [Request(new ExpireSessionsCommand(1, [new ExpiredSession(session, 0)]))]));
        }
    }

    /// <summary>All nodes have been upgraded.</summary>
    public void RaiseLevel(int to)
    {
        lock (_gate)
        {
            for (var level = _machine.FeatureLevel + 1; level <= to; level++)
            {
                Apply(new CommandBatch(LaneId.None, 0, [Request(new RaiseFeatureLevelCommand(1, level))]));
            }
        }
    }

    /// <summary>Cuts the feed off, as a node that stops does.</summary>
    public void BreakFeeds()
    {
        lock (_gate)
        {
            _followers.ForEach(follower => follower.Writer.TryComplete(new IOException("The connection broke.")));
            _followers.Clear();
        }
    }

    /// <summary>With a sign of life now and then, as nodes give it.</summary>
    private static async IAsyncEnumerable<FeedFrame> ReadAsync(
        ChannelReader<FeedFrame> frames, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A progress frame carries the position of this feed: frames that wait behind it have not been sent.
        var told = Revision.Zero;
        Task<bool>? ready = null;
        while (true)
        {
            ready ??= frames.WaitToReadAsync(cancellationToken).AsTask();
            if (await Task.WhenAny(ready, Task.Delay(SignOfLife, cancellationToken)) != ready)
            {
                yield return new ProgressFrame(told);
                continue;
            }

            if (!await ready)
            {
                yield break;
            }

            ready = null;
            while (frames.TryRead(out var frame))
            {
                told = frame switch
                {
                    StartFrame start => start.From,
                    ChangeSetFrame changes => changes.ChangeSet.Revision,
                    _ => told,
                };
                yield return frame;
            }
        }
    }

    private static CommandRequest Request(Command command) => new(0, null, UInt128.Zero, [], command);

    private static FeedFrame Encoded(FeedFrame frame)
    {
        var bytes = new ArrayBufferWriter<byte>();
        FeedFrameCodec.Write(bytes, frame);
        return FeedFrameCodec.Read(bytes.WrittenSpan);
    }

    private void RequireQuorum()
    {
        if (HasNoQuorum)
        {
            throw new ProblemException(ErrorKinds.NoQuorum);
        }
    }

    private CommandResult Apply(CommandBatch batch)
    {
        var bytes = new ArrayBufferWriter<byte>();
        CommandCodec.Write(bytes, batch);
        var results = new List<CommandResult>();
        _machine.Apply(
            ++_index, 1, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), [CommandCodec.Read(bytes.WrittenSpan)], results);
        Publish();
        bytes.Clear();
        CommandResultCodec.WriteAll(bytes, results);
        return CommandResultCodec.ReadAll(bytes.WrittenSpan)[0];
    }

    private void Publish()
    {
        if (HoldsFeed)
        {
            return;
        }

        var news = new List<ChangeSet>();
        _machine.ReadHistory(_published, int.MaxValue, news);
        _published = _machine.Revision;
        foreach (var set in news)
        {
            Published?.Invoke(set);
            _followers.ForEach(follower => follower.Writer.TryWrite(Encoded(new ChangeSetFrame(set))));
        }
    }

    private static ReadResult WithExpiry(ReadResult result) => result switch
    {
        ReadSessionResult { Session: { } session } read => read with { ExpiresInMilliseconds = session.TtlMilliseconds },
        _ => result,
    };
}
