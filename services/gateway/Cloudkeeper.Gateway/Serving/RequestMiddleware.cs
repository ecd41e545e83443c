using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Gateway.Requests;

namespace Cloudkeeper.Gateway.Serving;

/// <summary>Outermost: counts and times requests.</summary>
internal sealed class RequestMiddleware(RequestDelegate next, GatewayMetrics metrics, TimeProvider time)
{
    private const string UnknownRoute = "unknown";

    public async Task InvokeAsync(HttpContext context)
    {
        var began = time.GetTimestamp();
        metrics.RequestBegan();
        try
        {
            await next(context);
        }
        finally
        {
            var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? UnknownRoute;
            metrics.RequestEnded(
                route, MethodOf(context.Request), context.Response.StatusCode, time.GetElapsedTime(began));
        }
    }

    /// <summary>One of a known few: a label of a metric must not be chosen by clients.</summary>
    private static string MethodOf(HttpRequest request) => request.Method switch
    {
        "GET" or "HEAD" or "PUT" or "POST" or "DELETE" => request.Method,
        _ => "other",
    };
}

/// <summary>Refuses paths that mean one thing to us and another to the next reader.</summary>
internal sealed class EncodedDotsMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context) => RequestTarget.HasEncodedDotSegment(context)
        ? throw new ProblemException(ErrorKinds.InvalidPath, "A segment '.' or '..' is not to be encoded.")
        : next(context);
}
