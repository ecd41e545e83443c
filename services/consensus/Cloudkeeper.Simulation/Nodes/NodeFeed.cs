using Cloudkeeper.Replica.Feed;
using Cloudkeeper.Simulation.Network;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Nodes;

/// <summary>The change feed of a node: the real hub, and streams over the simulated network.</summary>
internal sealed class NodeFeed
{
    private readonly NodeProcess _process;
    private readonly FeedHub _hub;
    private readonly Dictionary<long, Stream> _streams = [];
    private bool _isTicking;

    public NodeFeed(NodeProcess process)
    {
        _process = process;
        var options = process.World.Options.Coherence;
        _hub = new FeedHub
        {
            SetsPerRead = options.SetsPerRead,
            BytesPerRead = options.FrameBytesMax,
            Limits = new FrameLimits(options.FrameBytesMax, options.PartBytes),
        };
    }

    public void Open(FeedRequestEnvelope request)
    {
        var stream = new Stream(this, request.From, request.Stream);
        _streams.Add(request.Stream, stream);
        _process.Post(r => stream.Send(
            _hub.Begin(r.Machine, NodeStorage.Cluster, request.Position, request.Recent, stream)));
        if (!_isTicking)
        {
            _isTicking = true;
            Tick();
        }
    }

    public void Answered(FeedAnswerEnvelope answer)
    {
        if (_streams.TryGetValue(answer.Stream, out var stream))
        {
            stream.Answered(answer);
        }
    }

    /// <summary>The state has advanced.</summary>
    public void Publish(StateMachine machine) => _hub.Publish(machine);

    private void Tick() => _process.Later(_process.World.Options.Coherence.ProgressInterval, () =>
    {
        _process.Post(_ => _hub.Progress());
        Tick();
    });

    /// <summary>One connection. Frames that are not read in time fill it, and it ends.</summary>
    private sealed class Stream(NodeFeed feed, int gateway, long id) : IFeedOutput
    {
        private FeedPart? _part;
        private long _sent;
        private long _read;
        private bool _isOver;

        /// <summary>A part of the history; the next one is read when this one has been taken.</summary>
        public void Send(FeedPart part)
        {
            _part = part.IsLive || part.IsLast ? null : part;
            if (!_isOver)
            {
                foreach (var piece in part.Encode())
                {
                    Send(piece, isLast: false);
                }

                if (part.IsLast)
                {
                    Complete();
                }
            }
        }

        public bool TryWrite(FeedParcel parcel)
        {
            if (!_isOver && _sent - _read >= feed._process.World.Options.Coherence.StreamMessagesMax)
            {
                Complete();
            }
            else if (!_isOver)
            {
                for (var i = 0; parcel.TryGet(i, out var piece); i++)
                {
                    Send(piece, isLast: false);
                }
            }

            return !_isOver;
        }

        public void Complete()
        {
            if (!_isOver)
            {
                Send(default, isLast: true);
            }
        }

        public void Answered(FeedAnswerEnvelope answer)
        {
            _read = Math.Max(_read, answer.Sequence);
            if (answer.IsClosed)
            {
                _isOver = true;
                feed._streams.Remove(id);
                feed._process.Post(_ => feed._hub.Remove(this));
            }
            else if (_part is { } part && _read == _sent)
            {
                _part = null;
                feed._process.Post(r => Send(feed._hub.Read(r.Machine, part.Next, this)));
            }
        }

        /// <summary>Each piece on its own: the stream may end between them.</summary>
        private void Send(ReadOnlyMemory<byte> piece, bool isLast)
        {
            _isOver = isLast;
            feed._process.World.Network.Send(
                new FeedBytesEnvelope(feed._process.Node.Address, gateway, id, ++_sent, piece, isLast));
        }
    }
}
