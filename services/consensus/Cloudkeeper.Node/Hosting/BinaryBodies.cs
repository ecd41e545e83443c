using System.Buffers;

namespace Cloudkeeper.Node.Hosting;

/// <summary>Request and response bodies of the binary endpoints: whole batches.</summary>
internal static class BinaryBodies
{
    /// <summary>What is allocated before a byte has come; then at most twice as much as has.</summary>
    private const int FirstBytes = 64 << 10;

    /// <summary>
    /// Reads the whole body into an array of exactly its size behind <paramref name="reserved"/> free bytes; null: it has
    /// more than <paramref name="bytesMax"/> bytes, and is refused with 413.
    /// </summary>
    public static async ValueTask<byte[]?> ReadAsync(HttpContext context, int reserved, int bytesMax)
    {
        var length = context.Request.ContentLength;
        if (length > bytesMax)
        {
            return RefuseAsTooLarge(context);
        }

        var end = reserved + (int)(length ?? bytesMax);
        var bytes = new byte[Math.Min(end, reserved + FirstBytes)];
        var count = reserved;
        while (length is null || count < end)
        {
            if (count == bytes.Length)
            {
                if (count == end)
                {
                    return await IsAtEndAsync(context) ? bytes : RefuseAsTooLarge(context);
                }

                Array.Resize(ref bytes, (int)Math.Min(end, 2L * count));
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

    public static ValueTask WriteAsync(HttpContext context, ReadOnlyMemory<byte> bytes)
    {
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = bytes.Length;
        return context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    /// <summary>Encodes on a buffer of the right size.</summary>
    public static ReadOnlyMemory<byte> Encode<T>(T value, Action<IBufferWriter<byte>, T> write)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        write(output, value);
        return output.WrittenMemory;
    }

    private static async ValueTask<bool> IsAtEndAsync(HttpContext context) =>
        await context.Request.Body.ReadAsync(new byte[1], context.RequestAborted) == 0;

    private static byte[]? RefuseAsTooLarge(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
        return null;
    }
}
