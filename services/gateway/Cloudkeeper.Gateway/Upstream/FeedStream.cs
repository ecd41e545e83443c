using System.Buffers.Binary;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>Reads frames, each behind its length of 4 bytes, from a node's feed.</summary>
internal sealed class FeedStream(
    INodeTransport transport, Uri node, string route, TimeProvider time, CancellationToken cancellationToken)
    : IAsyncDisposable
{
    /// <summary>A node says something every second: one that is silent this long is gone.</summary>
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(4);

    /// <summary>A larger buffer is given back behind its frame.</summary>
    private const int BufferBytesKept = 2 << 20;

    private readonly ChangeSetJoiner _joiner = new();
    private readonly byte[] _length = new byte[sizeof(int)];
    private byte[] _frame = [];
    private Stream? _stream;

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

    public ValueTask DisposeAsync() => _stream?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async ValueTask<(FeedFrame Frame, int Bytes)?> ReadPieceAsync()
    {
        using var silence = new CancellationTokenSource(SilenceMax, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        try
        {
            _stream ??= await transport.OpenAsync(node, route, either.Token);
            return await ReadAsync(_stream, either.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"The feed of {node} has fallen silent.", e);
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
