using System.Buffers.Binary;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>Reads frames, each behind its length of 4 bytes, from a node's feed.</summary>
internal sealed class FeedStream(Stream stream)
{
    private readonly byte[] _length = new byte[sizeof(int)];
    private byte[] _frame = [];

    /// <summary>The next frame, or null at the end of the stream.</summary>
    /// <exception cref="WireFormatException">The bytes are no feed.</exception>
    public async ValueTask<FeedFrame?> ReadAsync(CancellationToken cancellationToken)
    {
        if (await stream.ReadAtLeastAsync(_length, _length.Length, throwOnEndOfStream: false, cancellationToken)
            < _length.Length)
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(_length);
        if (length is <= 0 or > FeedFrameCodec.FrameBytesMax)
        {
            throw new WireFormatException($"A frame of {length} bytes.");
        }

        if (_frame.Length < length || _frame.Length > Math.Max(length, 1 << 16) * 4)
        {
            _frame = new byte[Math.Max(length, 4096)];
        }

        await stream.ReadExactlyAsync(_frame.AsMemory(0, length), cancellationToken);
        return FeedFrameCodec.Read(_frame.AsSpan(0, length));
    }
}
