using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Gateway.OpenApi;

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
            var endpoint = context.GetEndpoint() as RouteEndpoint;
            var isStream = endpoint?.Metadata.GetMetadata<RouteDescription>() is { IsStream: true };
            metrics.RequestEnded(
                endpoint?.RoutePattern.RawText ?? UnknownRoute,
                MethodOf(context.Request),
                context.Response.StatusCode,
                isStream ? null : time.GetElapsedTime(began));
        }
    }

    /// <summary>One of a known few: a label of a metric must not be chosen by clients.</summary>
    private static string MethodOf(HttpRequest request) => request.Method switch
    {
        "GET" or "HEAD" or "PUT" or "POST" or "DELETE" => request.Method,
        _ => "other",
    };
}
