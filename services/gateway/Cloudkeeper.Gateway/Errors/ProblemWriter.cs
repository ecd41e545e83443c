using System.Globalization;
using System.Text.Json;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Hosting.Guard;

namespace Cloudkeeper.Gateway.Errors;

/// <summary>Writes RFC 9457 problem documents: the only place that writes errors.</summary>
internal static class ProblemWriter
{
    public static void Write(HttpContext context, Problem problem)
    {
        var response = context.Response;
        response.StatusCode = problem.Kind.Status;
        response.ContentType = ProblemDocument.ContentType;

        // The headers that the handler had set do not hold for this answer: an absence may end at any moment.
        response.Headers.CacheControl = ResponseHeaders.NoStore;
        if (problem.Revision is { } revision)
        {
            response.SetRevision(revision);
        }

        if (problem.Kind.Status is 429 or 503)
        {
            response.Headers.RetryAfter = problem.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }

        JsonAnswer.Write(context, json => WriteDocument(json, problem));
    }

    private static void WriteDocument(Utf8JsonWriter json, Problem problem)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, ProblemDocument.TypePrefix + problem.Kind.Code);
        json.WriteString("title"u8, problem.Kind.Title);
        json.WriteNumber("status"u8, problem.Kind.Status);
        json.WriteString("code"u8, problem.Kind.Code);
        json.WriteString("detail"u8, problem.Detail ?? problem.Kind.Detail);
        if (problem.Revision is { } revision)
        {
            json.WriteNumber("revision"u8, revision.Value);
        }

        problem.WriteMembers?.Invoke(json);
        json.WriteEndObject();
    }
}
