using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Requests;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Cloudkeeper.Gateway.Serving;

/// <summary>
/// Bodies over HTTP/2, which the proxy uses: there a connection belongs to many clients, and what one of them does with
/// its body must not be felt by the others.
/// </summary>
/// <remarks>
/// Over HTTP/1.1 the web server does the right thing by itself. Over HTTP/2 it ends the whole connection when a body
/// comes too slowly, so we have a pace of our own, which ends a stream alone; and it cuts a stream off whose body is
/// refused unread, which the proxy could not tell from a gateway that is lost.
/// </remarks>
internal sealed class SharedConnectionBodies(RequestDelegate next, BodyReader bodies)
{
    public Task InvokeAsync(HttpContext context) =>
        HttpProtocol.IsHttp2(context.Request.Protocol)
        && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true }
            ? ServeAsync(context)
            : next(context);

    private async Task ServeAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        await next(context);

        // A body that its client sends only on request is left where it is, and so is one that comes too slowly.
        if (context.Request.Headers.Expect.Count == 0 && context.Response.StatusCode != StatusCodes.Status408RequestTimeout)
        {
            await ReadToEndAsync(context);
        }
    }

    private async ValueTask ReadToEndAsync(HttpContext context)
    {
        try
        {
            await bodies.DiscardAsync(context);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ProblemException)
        {
            // Longer than the limit, too slow, or gone: the answer is the same.
        }
    }
}
