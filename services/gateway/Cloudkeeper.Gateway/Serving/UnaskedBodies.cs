using Cloudkeeper.Gateway.OpenApi;
using Cloudkeeper.Gateway.Requests;
using Microsoft.AspNetCore.Http.Features;

namespace Cloudkeeper.Gateway.Serving;

/// <summary>
/// Reads away the bodies of requests whose route takes none, before they are handled. Left where it is, such a body
/// would keep the server's buffers for as long as a wait takes; and over HTTP/2 the connection's window, so that a few
/// of them would hold up the bodies of all clients of the connection.
/// </summary>
internal sealed class UnaskedBodies(RequestDelegate next, BodyReader bodies)
{
    public Task InvokeAsync(HttpContext context) =>
        context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true }
        && context.GetEndpoint()?.Metadata.GetMetadata<RouteDescription>() is { HasBytes: false, Body: null }
            ? ServeAsync(context)
            : next(context);

    private async Task ServeAsync(HttpContext context)
    {
        await bodies.DiscardAsync(context);
        await next(context);
    }
}
