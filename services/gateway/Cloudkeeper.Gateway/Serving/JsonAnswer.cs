using System.Text.Encodings.Web;
using System.Text.Json;
using Cloudkeeper.Hosting.Memory;

namespace Cloudkeeper.Gateway.Serving;

/// <summary>Writes JSON: a little at once, with its length; more of it in parts, as fast as the client takes them.</summary>
internal static class JsonAnswer
{
    public const string MediaType = "application/json";

    public static readonly JsonWriterOptions Options = new()
    {
        // Answers are application/json with nosniff, never part of a page: paths stay readable.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>An answer of a few KiB at most. The media type is set by the caller, or application/json.</summary>
    public static void Write(HttpContext context, Action<Utf8JsonWriter> write) =>
        Write(context, write, static (json, write) => write(json));

    /// <inheritdoc cref="Write(HttpContext, Action{Utf8JsonWriter})"/>
    public static void Write<T>(HttpContext context, T state, Action<Utf8JsonWriter, T> write)
    {
        var parts = JsonParts.Rent(context);
        write(parts.Json, state);
        parts.End();
        parts.Return();
    }

    /// <summary>An answer of any size, which is sent while it is written.</summary>
    /// <param name="bytesHeld">
    /// Bytes that have to stay in memory for it until it is sent: see <see cref="AnswerMemory"/>.
    /// </param>
    /// <param name="write">Passes on what it has written, see <see cref="JsonParts.PassOnAsync"/>.</param>
    /// <exception cref="Errors.ProblemException"><c>overloaded</c>.</exception>
    public static Task WriteAsync<T>(HttpContext context, long bytesHeld, T state, Func<JsonParts, T, ValueTask> write) =>
        WriteAsync(context, AnswerMemory.Hold(context, bytesHeld), state, write);

    /// <summary>The same for the result of a completed mutation: it is never refused.</summary>
    public static Task WriteDoneAsync<T>(HttpContext context, long bytesHeld, T state, Func<JsonParts, T, ValueTask> write) =>
        WriteAsync(context, AnswerMemory.HoldDone(context, bytesHeld), state, write);

    private static async Task WriteAsync<T>(
        HttpContext context, MemoryLease? lease, T state, Func<JsonParts, T, ValueTask> write)
    {
        using var held = lease;
        var parts = JsonParts.Rent(context);
        await write(parts, state);
        await parts.EndAsync();
        parts.Return();
    }
}
