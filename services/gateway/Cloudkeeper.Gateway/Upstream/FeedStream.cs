using System.Buffers.Binary;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>Reads frames, each behind its length of 4 bytes, from a node's feed.</summary>
internal sealed class FeedStream : IAsyncDisposable
{
    /// <summary>A node sends a frame every second: one that is silent this long is gone.</summary>
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(4);

    /// <summary>A larger buffer is given back behind its frame.</summary>
    private const int BufferBytesKept = 2 << 20;

    private readonly INodeTransport _transport;
    private readonly Uri _node;
    private readonly string _route;
    private readonly CancellationToken _ended;
    private readonly CancellationTokenSource _endedOrSilent;
    private readonly ITimer _silence;
    private readonly ChangeSetJoiner _joiner = new();
    private readonly byte[] _length = new byte[sizeof(int)];
    private byte[] _frame = [];
    private Stream? _stream;

    /// <param name="cancellationToken">Ends the stream.</param>
    public FeedStream(
        INodeTransport transport, Uri node, string route, TimeProvider time, CancellationToken cancellationToken)
    {
        (_transport, _node, _route, _ended) = (transport, node, route, cancellationToken);
        _endedOrSilent = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _silence = time.CreateTimer(
            static silent => ((CancellationTokenSource)silent!).Cancel(),
            _endedOrSilent,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>The next frame, joined if it came in parts, or null at the end of the stream, which may be within them.</summary>
    /// <exception cref="NodeUnreachableException">The node does not answer.</exception>
    /// <exception cref="IOException">The connection broke, or has fallen silent.</exception>
    /// <exception cref="WireFormatException">The bytes are no feed.</exception>
    public async ValueTask<FeedFrame?> ReadAsync()
    {
        while (await ReadPieceAsync() is { } piece)
        {
            if (_joiner.Take(piece.Frame, piece.Bytes) is { } frame)
            {
                return frame;
            }
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        // A timer that is running out has ended when this returns.
        await _silence.DisposeAsync();
        _endedOrSilent.Dispose();
        if (_stream is not null)
        {
            await _stream.DisposeAsync();
        }
    }

    private async ValueTask<(FeedFrame Frame, int Bytes)?> ReadPieceAsync()
    {
        _silence.Change(SilenceMax, Timeout.InfiniteTimeSpan);
        try
        {
            _stream ??= await _transport.OpenAsync(_node, _route, _endedOrSilent.Token);
            return await ReadAsync(_stream, _endedOrSilent.Token);
        }
        catch (OperationCanceledException e) when (!_ended.IsCancellationRequested)
        {
            throw new IOException($"The feed of {_node} has fallen silent.", e);
        }
        finally
        {
            _silence.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private async ValueTask<(FeedFrame Frame, int Bytes)?> ReadAsync(Stream stream, CancellationToken token)
    {
        if (await stream.ReadAtLeastAsync(_length, _length.Length, throwOnEndOfStream: false, token) < _length.Length)
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(_length);
        if (length is <= 0 or > FeedFrameCodec.FrameBytesMax)
        {
            throw new WireFormatException($"A frame of {length} bytes.");
        }

        if (_frame.Length < length)
        {
            _frame = new byte[Math.Max(length, 4096)];
        }

        await stream.ReadExactlyAsync(_frame.AsMemory(0, length), token);
        var frame = FeedFrameCodec.Read(_frame.AsSpan(0, length));
        _frame = length > BufferBytesKept ? [] : _frame;
        return (frame, length);
    }
}
