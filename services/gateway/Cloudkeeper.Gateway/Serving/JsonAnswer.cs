using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Cloudkeeper.Gateway.Serving;

/// <summary>Writes JSON with a known Content-Length: into a buffer of this thread, then into the response.</summary>
internal static class JsonAnswer
{
    private const int BufferBytesKept = 64 << 10;

    private static readonly JsonWriterOptions Options = new()
    {
        // Answers are application/json with nosniff, never part of a page: paths stay readable.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? t_buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? t_json;

    /// <summary>The media type is set by the caller, or application/json.</summary>
    public static void Write(HttpContext context, Action<Utf8JsonWriter> write) =>
        Write(context, write, static (json, write) => write(json));

    public static void Write<T>(HttpContext context, T state, Action<Utf8JsonWriter, T> write)
    {
        var buffer = t_buffer ??= new ArrayBufferWriter<byte>(1024);
        buffer.ResetWrittenCount();
        var json = t_json ??= new Utf8JsonWriter(buffer, Options);
        json.Reset(buffer);
        write(json, state);
        json.Flush();

        var response = context.Response;
        response.ContentType ??= "application/json";
        response.ContentLength = buffer.WrittenCount;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            response.BodyWriter.Write(buffer.WrittenSpan);
        }

        if (buffer.Capacity > BufferBytesKept)
        {
            t_buffer = null;
        }
    }
}
