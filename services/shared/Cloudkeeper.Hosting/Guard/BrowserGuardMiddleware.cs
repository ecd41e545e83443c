using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Cloudkeeper.Hosting.Guard;

/// <summary>
/// Sees each request first, in every process and before the rest of its pipeline: see <see cref="BrowserGuard"/> and
/// <see cref="AnswerHeaders"/>.
/// </summary>
internal sealed class BrowserGuardMiddleware(
    RequestDelegate next, BrowserGuard guard, CrossOriginRule origins, AnswerHeaders answers)
{
    private readonly Func<object, Task> _complete = answers.CompleteAsync;

    public Task InvokeAsync(HttpContext context)
    {
        SetScheme(context);
        if (!AnswerHeaders.IsBetweenServices(context.Request))
        {
            context.Response.OnStarting(_complete, context.Response);
        }

        var target = context.Features.Get<IHttpRequestFeature>()?.RawTarget;
        if (guard.Judge(context.Request, target) is { } refusal)
        {
            return ProblemDocument.WriteAsync(context, refusal);
        }

        if (context.Request.Headers.Origin.Count > 0 && IsAllowedPreflight(context))
        {
            AllowedOrigins.AnswerPreflight(context.Response);
            return Task.CompletedTask;
        }

        return target == BrowserGuard.WholeServer ? AnswerPingAsync(context) : next(context);
    }

    /// <summary>
    /// The scheme of the connection, not that in the request: over HTTP/2 the client names one with each.
    /// </summary>
    private static void SetScheme(HttpContext context)
    {
        var request = context.Request;
        if (request.Scheme != Uri.UriSchemeHttp && context.Features.Get<ITlsHandshakeFeature>() is null)
        {
            request.Scheme = Uri.UriSchemeHttp;
        }
    }

    private bool IsAllowedPreflight(HttpContext context)
    {
        if (origins.AllowedOrigin(new BrowserMarks(context.Request.Headers)) is not { } origin)
        {
            return false;
        }

        AllowedOrigins.Allow(context.Response, origin);
        return AllowedOrigins.IsPreflight(context.Request);
    }

    /// <summary><c>OPTIONS *</c> only asks whether the server is there (RFC 9110, 9.3.7).</summary>
    private static Task AnswerPingAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
