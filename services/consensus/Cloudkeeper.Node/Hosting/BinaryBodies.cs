using System.Buffers;

namespace Cloudkeeper.Node.Hosting;

/// <summary>Request and response bodies of the binary endpoints: whole batches, their length known in front.</summary>
internal static class BinaryBodies
{
    /// <summary>
    /// Reads the whole body into an array of exactly its size behind <paramref name="reserved"/> free bytes; null: it has
    /// no length, or more than <paramref name="bytesMax"/> bytes.
    /// </summary>
    public static async ValueTask<byte[]?> ReadAsync(HttpContext context, int reserved, int bytesMax)
    {
        if (context.Request.ContentLength is not { } length || length > bytesMax)
        {
            return null;
        }

        var bytes = new byte[reserved + (int)length];
        await context.Request.Body.ReadExactlyAsync(bytes.AsMemory(reserved), context.RequestAborted);
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
}
