using Microsoft.AspNetCore.Http.Features;

namespace Cloudkeeper.Gateway.Serving;

/// <summary>
/// Reads what a refusal has left unread of a request's body before the answer goes out. Over HTTP/1.1 the web server does
/// that by itself; over HTTP/2, which is how the proxy comes, it would cut the stream off, and the proxy could not tell
/// that from a gateway that is lost. A body that its client sends only when it is asked to is left where it is.
/// </summary>
internal sealed class RefusedBodies(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context) =>
        HttpProtocol.IsHttp2(context.Request.Protocol)
        && context.Request.Headers.Expect.Count == 0
        && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true }
            ? ServeAsync(context)
            : next(context);

    private async Task ServeAsync(HttpContext context)
    {
        await next(context);
        try
        {
            var body = context.Request.BodyReader;
            while (true)
            {
                var read = await body.ReadAsync(context.RequestAborted);
                body.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is BadHttpRequestException or OperationCanceledException or IOException)
        {
            // Longer or slower than anybody may be, or gone: the answer is the same.
        }
    }
}
