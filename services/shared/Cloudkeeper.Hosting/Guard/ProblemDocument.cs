using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Cloudkeeper.Hosting.Guard;

/// <summary>Problem documents (RFC 9457) for requests that are refused before they reach an API.</summary>
public static class ProblemDocument
{
    public const string ContentType = "application/problem+json";

    /// <summary>In front of each code, as the document's <c>type</c>.</summary>
    public const string TypePrefix = "urn:cloudkeeper:problem:";

    public static async Task WriteAsync(HttpContext context, Refusal refusal)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(refusal);
        context.Response.StatusCode = refusal.Status;
        context.Response.ContentType = ContentType;
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("type"u8, TypePrefix + refusal.Code);
        json.WriteString("title"u8, refusal.Title);
        json.WriteNumber("status"u8, refusal.Status);
        json.WriteString("code"u8, refusal.Code);
        json.WriteString("detail"u8, refusal.Detail);
        json.WriteEndObject();
    }
}
