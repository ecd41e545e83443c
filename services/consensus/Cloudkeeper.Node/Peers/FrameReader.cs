using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Node.Peers;

/// <summary>Takes length-prefixed frames off a request's body.</summary>
internal static class FrameReader
{
    /// <summary>Takes one frame off the front; false: more bytes are needed.</summary>
    /// <exception cref="WireFormatException">A length that no frame has.</exception>
    public static bool TryRead(ref ReadOnlySequence<byte> buffer, int bytesMax, out ReadOnlySequence<byte> frame)
    {
        frame = default;
        if (buffer.Length < sizeof(int))
        {
            return false;
        }

        Span<byte> header = stackalloc byte[sizeof(int)];
        buffer.Slice(0, sizeof(int)).CopyTo(header);
        var length = BinaryPrimitives.ReadInt32LittleEndian(header);
        if (length < 0 || length > bytesMax)
        {
            throw new WireFormatException($"A frame of {length} bytes, at most {bytesMax}.");
        }

        if (buffer.Length < sizeof(int) + length)
        {
            return false;
        }

        frame = buffer.Slice(sizeof(int), length);
        buffer = buffer.Slice(sizeof(int) + length);
        return true;
    }

    /// <summary>Calls <paramref name="handle"/> for each frame until the stream ends.</summary>
    /// <param name="breathe">Awaited between reads: while it takes its time, the sender has to wait as well.</param>
    public static async Task ReadAllAsync(
        PipeReader input,
        int bytesMax,
        Action<ReadOnlySequence<byte>> handle,
        Func<ValueTask> breathe,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            try
            {
                while (TryRead(ref buffer, bytesMax, out var frame))
                {
                    handle(frame);
                }
            }
            finally
            {
                // Also when a frame was none: the server reads the rest of the body away itself.
                input.AdvanceTo(buffer.Start, result.Buffer.End);
            }

            if (result.IsCompleted)
            {
                return;
            }

            await breathe();
        }
    }

    /// <summary>Reads exactly one frame from the front, or null when the stream ends before it does.</summary>
    public static async Task<byte[]?> ReadOneAsync(PipeReader input, int bytesMax, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            if (TryRead(ref buffer, bytesMax, out var frame))
            {
                var bytes = frame.ToArray();
                input.AdvanceTo(buffer.Start);
                return bytes;
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                return null;
            }
        }
    }
}
