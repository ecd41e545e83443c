using System.Buffers.Binary;
using Cloudkeeper.Coherence.Feed;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Network;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Gateways.Feeds;

/// <summary>
/// One feed of one node: its parts in their order, or an end. What is lost on the way holds up all behind it, until it has
/// been silent for too long.
/// </summary>
/// <param name="take">Gets each frame; false: it wants no more.</param>
/// <param name="known">A revision that exists: a node that lags behind it for long is left.</param>
/// <param name="ended">The feed is over without having been closed from here.</param>
internal sealed class FeedChannel(Gateway gateway, Func<FeedFrame, bool> take, Func<Revision> known, Action ended)
{
    private readonly SortedDictionary<long, FeedBytesEnvelope> _early = [];
    private readonly FeedLag _lag = new(gateway.World.Options.Coherence.LagMax);
    private readonly ChangeSetJoiner _joiner = new();
    private readonly long _stream = gateway.World.NextId();
    private long _read;
    private long _heard;
    private bool _isOver;

    public int Node { get; private set; }

    /// <param name="from">Null: anywhere.</param>
    public void Open(int node, Revision? from)
    {
        Node = node;
        gateway.Feeds.Add(_stream, this);
        gateway.World.Trace.Add(TraceKind.FeedOpened, gateway.Address, node, from?.Value ?? -1);
        gateway.World.Network.Send(
            new FeedRequestEnvelope(gateway.Address, node, _stream, from, gateway.World.Options.Coherence.Recent));
        Listen(0);
    }

    public void Receive(FeedBytesEnvelope part)
    {
        if (part.Sequence > _read && _early.TryAdd(part.Sequence, part))
        {
            while (!_isOver && _early.Remove(_read + 1, out var next))
            {
                _read++;
                _heard++;
                Take(next);
            }
        }
    }

    /// <summary>The connection is reset.</summary>
    public void End()
    {
        if (!_isOver)
        {
            Close();
            ended();
        }
    }

    public void Close()
    {
        if (!_isOver)
        {
            _isOver = true;
            gateway.Feeds.Remove(_stream);
            gateway.World.Trace.Add(TraceKind.FeedEnded, gateway.Address, Node, _read);
            if (_joiner.IsWithin)
            {
                gateway.World.Totals.Count(Marker.FeedsEndedWithinParts);
            }

            Answer(isClosed: true);
        }
    }

    private void Take(FeedBytesEnvelope part)
    {
        for (var rest = part.Frames; rest.Length > 0 && !_isOver;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest.Span);
            var piece = FeedFrameCodec.Read(rest.Span.Slice(sizeof(int), length));
            rest = rest[(sizeof(int) + length)..];
            if (_joiner.Take(piece, length) is not { } frame)
            {
                continue;
            }

            if (piece is ChangeSetPartFrame)
            {
                gateway.World.Totals.Count(Marker.LargeChangeSetsJoined);
            }

            if (!_lag.IsBearable(frame, known(), gateway.World.Scheduler.Now))
            {
                gateway.World.Totals.Count(Marker.LaggingFeedsLeft);
                End();
            }
            else if (!take(frame))
            {
                Close();
            }
        }

        if (part.IsLast)
        {
            End();
        }
        else if (!_isOver)
        {
            Answer(isClosed: false);
        }
    }

    private void Answer(bool isClosed) => gateway.World.Network.Send(
        new FeedAnswerEnvelope(gateway.Address, Node, _stream, _read, isClosed));

    private void Listen(long heard) => gateway.Later(gateway.World.Options.Coherence.Silence, () =>
    {
        if (_heard == heard)
        {
            End();
        }
        else if (!_isOver)
        {
            Listen(_heard);
        }
    });
}
