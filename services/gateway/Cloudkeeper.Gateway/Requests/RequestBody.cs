using System.Buffers;
using System.IO.Pipelines;
using Cloudkeeper.Gateway.Errors;
using Microsoft.AspNetCore.Connections;

namespace Cloudkeeper.Gateway.Requests;

/// <summary>The whole body of a request, in memory that is given back when it is disposed of.</summary>
internal readonly struct RequestBody(byte[] buffer, int length) : IDisposable
{
    /// <summary>Where a body without a length begins to be collected.</summary>
    private const int ChunkBytes = 4096;

    public ReadOnlyMemory<byte> Memory => buffer.AsMemory(0, length);

    /// <summary>Reads all of it. A length above the limit is refused before anything is read.</summary>
    /// <exception cref="ProblemException"><paramref name="tooLarge"/>.</exception>
    /// <exception cref="ConnectionAbortedException">The client has gone.</exception>
    public static ValueTask<RequestBody> ReadAsync(HttpContext context, int bytesMax, ErrorKind tooLarge)
    {
        var length = context.Request.ContentLength;
        if (length > bytesMax)
        {
            throw new ProblemException(tooLarge);
        }

        if (length == 0)
        {
            return new(new RequestBody([], 0));
        }

        var buffer = ArrayPool<byte>.Shared.Rent((int)(length ?? ChunkBytes));
        return CollectAsync(context.Request.BodyReader, buffer, bytesMax, tooLarge, context.RequestAborted);
    }

    public void Dispose()
    {
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async ValueTask<RequestBody> CollectAsync(
        PipeReader reader, byte[] buffer, int bytesMax, ErrorKind tooLarge, CancellationToken cancellationToken)
    {
        var length = 0;
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(cancellationToken);
                if (length + read.Buffer.Length > bytesMax)
                {
                    // The server reads on behind us, so that the connection can be used again.
                    reader.AdvanceTo(read.Buffer.End);
                    throw new ProblemException(tooLarge);
                }

                var added = (int)read.Buffer.Length;
                buffer = Ensure(buffer, length, length + added);
                read.Buffer.CopyTo(buffer.AsSpan(length));
                length += added;
                reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    return new RequestBody(buffer, length);
                }
            }
        }
        catch (Exception e)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            if (e is IOException and not BadHttpRequestException)
            {
                throw new ConnectionAbortedException("The client went before its body had come.", e);
            }

            throw;
        }
    }

    private static byte[] Ensure(byte[] buffer, int used, int needed)
    {
        if (needed <= buffer.Length)
        {
            return buffer;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, buffer.Length * 2));
        buffer.AsSpan(0, used).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}
