using System.Buffers;
using Cloudkeeper.Hosting.Memory;

namespace Cloudkeeper.Node.Hosting;

/// <summary>Request and response bodies of the binary endpoints: whole batches.</summary>
internal static class BinaryBodies
{
    /// <summary>Allocated before a byte has come; then at most twice as much as has.</summary>
    private const int FirstBytes = 64 << 10;

    /// <summary>Of an answer, written at a time.</summary>
    private const int PieceBytes = 64 << 10;

    /// <summary>
    /// Reads the whole body into an array of exactly its size behind <paramref name="reserved"/> free bytes. Null: it has
    /// more than <paramref name="bytesMax"/> bytes, or too much is in flight already; it is refused with 413 or 429.
    /// </summary>
    /// <remarks>Large bodies are counted in the process's budget as they come, until their request has ended.</remarks>
    public static async ValueTask<byte[]?> ReadAsync(HttpContext context, int reserved, int bytesMax)
    {
        var length = context.Request.ContentLength;
        if (length > bytesMax)
        {
            return Refuse(context, StatusCodes.Status413PayloadTooLarge);
        }

        var end = reserved + (int)(length ?? bytesMax);
        var bytes = new byte[Math.Min(end, reserved + FirstBytes)];
        var count = reserved;
        MemoryLease? lease = null;
        while (length is null || count < end)
        {
            if (count == bytes.Length)
            {
                if (count == end)
                {
                    return await IsAtEndAsync(context) ? bytes : Refuse(context, StatusCodes.Status413PayloadTooLarge);
                }

                var size = (int)Math.Min(end, 2L * count);
                if (!TryCount(context, size, ref lease))
                {
                    return Refuse(context, StatusCodes.Status429TooManyRequests);
                }

                Array.Resize(ref bytes, size);
            }

            var read = await context.Request.Body.ReadAsync(bytes.AsMemory(count), context.RequestAborted);
            if (read == 0)
            {
                break;
            }

            count += read;
        }

        Array.Resize(ref bytes, count);
        return bytes;
    }

    /// <remarks>
    /// In pieces: bytes that the other side does not take yet are here once, and not again in the connection.
    /// </remarks>
    public static async ValueTask WriteAsync(HttpContext context, ReadOnlyMemory<byte> bytes)
    {
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = bytes.Length;
        for (; bytes.Length > PieceBytes; bytes = bytes[PieceBytes..])
        {
            await context.Response.Body.WriteAsync(bytes[..PieceBytes], context.RequestAborted);
        }

        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    /// <param name="bytes">That it takes, about.</param>
    public static ReadOnlyMemory<byte> Encode<T>(T value, Action<IBufferWriter<byte>, T> write, int bytes = 1024)
    {
        var output = new ArrayBufferWriter<byte>(bytes);
        write(output, value);
        return output.WrittenMemory;
    }

    private static async ValueTask<bool> IsAtEndAsync(HttpContext context) =>
        await context.Request.Body.ReadAsync(new byte[1], context.RequestAborted) == 0;

    private static bool TryCount(HttpContext context, int bytes, ref MemoryLease? lease)
    {
        if (lease is not null)
        {
            return lease.TryGrowTo(bytes);
        }

        if (!context.RequestServices.GetRequiredService<MemoryBudget>().TryTake(MemoryUse.Bodies, bytes, out lease))
        {
            return false;
        }

        context.Response.RegisterForDispose(lease);
        return true;
    }

    private static byte[]? Refuse(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return null;
    }
}
