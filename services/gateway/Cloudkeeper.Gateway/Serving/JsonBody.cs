using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Hosting.Guard;
using Microsoft.Net.Http.Headers;

namespace Cloudkeeper.Gateway.Serving;

/// <summary>Reads JSON bodies strictly: unknown members and duplicates are mistakes, not extensions.</summary>
internal static class JsonBody
{
    /// <summary>Of requests that carry no values.</summary>
    public const int SmallBytesMax = 64 << 10;

    /// <summary>Its text is UTF-16 in memory, and a value in it comes to be once more in bytes.</summary>
    private const int SizesInMemory = 4;

    /// <summary>Parses a body that was read before.</summary>
    /// <exception cref="ProblemException"><c>invalid-body</c>, <c>unsupported-media-type</c>, or <c>overloaded</c>.</exception>
    public static T Parse<T>(HttpContext context, RequestBody body, JsonTypeInfo<T> type)
        where T : class => body.TryReserve(SizesInMemory)
            ? Parse(context, body.Memory, type)
            : throw new ProblemException(ErrorKinds.Overloaded, "Too many bytes are on their way: try again later.");

    /// <summary>Parses a body that was read before.</summary>
    /// <exception cref="ProblemException"><c>invalid-body</c>, or <c>unsupported-media-type</c>.</exception>
    public static T Parse<T>(HttpContext context, ReadOnlyMemory<byte> body, JsonTypeInfo<T> type)
        where T : class
    {
        CheckMediaType(context.Request);
        BodyDigests.Verify(context.Request, body.Span);
        try
        {
            return JsonSerializer.Deserialize(body.Span, type)
                ?? throw new ProblemException(ErrorKinds.InvalidBody, "The body is null.");
        }
        catch (JsonException e)
        {
            throw new ProblemException(ErrorKinds.InvalidBody, Describe(e));
        }
    }

    public static ValueTask<RequestBody> ReadJsonAsync(
        this BodyReader bodies, HttpContext context, int bytesMax = SmallBytesMax) =>
        bodies.ReadAsync(context, bytesMax, ErrorKinds.BodyTooLarge with
        {
            Detail = $"A body has at most {bytesMax} bytes here.",
        });

    /// <summary>
    /// Without a media type, and with curl's default one, a body is taken for JSON; but not from a browser, which lets pages
    /// send these two wherever they like.
    /// </summary>
    private static void CheckMediaType(HttpRequest request)
    {
        if (new BrowserMarks(request.Headers).AreAny && !request.HasJsonContentType())
        {
            throw new ProblemException(ErrorKinds.UnsupportedMediaType);
        }

        if (string.IsNullOrEmpty(request.ContentType))
        {
            return;
        }

        var isJson = MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            && (type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
                || type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase)
                || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase));
        if (!isJson)
        {
            throw new ProblemException(ErrorKinds.UnsupportedMediaType);
        }
    }

    /// <summary>The place and the fault, without the names of our types.</summary>
    private static string Describe(JsonException e) => e.Path is { Length: > 0 } path
        ? $"The body is not what is expected at {path} (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})."
        : "The body is not JSON.";
}
