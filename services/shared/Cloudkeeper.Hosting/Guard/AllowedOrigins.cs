using Microsoft.AspNetCore.Http;

namespace Cloudkeeper.Hosting.Guard;

/// <summary>
/// The answers that browsers need before a page of an origin that a setting names may send requests and read answers
/// (CORS). There are no cookies, so that no answer allows credentials.
/// </summary>
internal static class AllowedOrigins
{
    private const string Methods = "GET, HEAD, PUT, POST, DELETE";
    private const string RequestHeaders =
        "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, Last-Event-ID, Cloudkeeper-Fence, "
        + "Cloudkeeper-Min-Revision";

    private const string AnswerHeaders =
        "ETag, Location, Retry-After, Allow, Content-Disposition, Idempotent-Replayed, Cloudkeeper-Cache, "
        + "Cloudkeeper-Consistency, Cloudkeeper-Revision, Cloudkeeper-Staleness-Ms, Cloudkeeper-Ticket, Cloudkeeper-Version";

    private const string PreflightSeconds = "600";

    /// <summary>A question whether a request may be sent, not a request.</summary>
    public static bool IsPreflight(HttpRequest request) =>
        HttpMethods.IsOptions(request.Method) && request.Headers.AccessControlRequestMethod.Count > 0;

    public static void AnswerPreflight(HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status204NoContent;
        response.Headers.AccessControlAllowMethods = Methods;
        response.Headers.AccessControlAllowHeaders = RequestHeaders;
        response.Headers.AccessControlMaxAge = PreflightSeconds;
    }

    /// <summary>In the last moment, like all headers that an answer must not lose.</summary>
    public static void Allow(HttpResponse response, string origin) => response.OnStarting(
        static state =>
        {
            var (response, origin) = ((HttpResponse, string))state;
            response.Headers.AccessControlAllowOrigin = origin;
            response.Headers.AccessControlExposeHeaders = AnswerHeaders;
            return Task.CompletedTask;
        },
        (response, origin));
}
