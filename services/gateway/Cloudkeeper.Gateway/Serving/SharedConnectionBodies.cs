using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Cloudkeeper.Gateway.Serving;

/// <summary>
/// Bodies that come over HTTP/2, which is how the proxy comes: there a connection belongs to many clients, and what one of
/// them does with its body must not be felt by the others.
/// </summary>
/// <remarks>
/// Over HTTP/1.1 the web server does what is right by itself. Over HTTP/2 it ends the whole connection when a body comes too
/// slowly, and cuts a stream off whose body is refused unread, which the proxy could not tell from a gateway that is lost.
/// </remarks>
internal sealed class SharedConnectionBodies(RequestDelegate next, TimeProvider time)
{
    /// <summary>How long a request with a body may take. The proxy has a limit for slow clients of its own.</summary>
    private static readonly TimeSpan TimeMax = TimeSpan.FromMinutes(10);

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

        await using var limit = time.CreateTimer(
            static context => ((HttpContext)context!).Abort(), context, TimeMax, Timeout.InfiniteTimeSpan);
        await next(context);

        // What its client sends only when it is asked to is left where it is.
        if (context.Request.Headers.Expect.Count == 0)
        {
            await ReadToEndAsync(context);
        }
    }

    private static async ValueTask ReadToEndAsync(HttpContext context)
    {
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
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Longer than anybody may be, or gone: the answer is the same.
        }
    }
}
