using Cloudkeeper.Hosting.Logging;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Cloudkeeper.Gateway.Errors;

/// <summary>Turns every failure below it into a problem document.</summary>
internal sealed partial class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            if (!context.Response.HasStarted && ProblemOfStatus(context) is { } problem)
            {
                ProblemWriter.Write(context, problem);
            }
        }
        catch (Exception e) when (!context.Response.HasStarted && ProblemOf(context, e) is { } problem)
        {
            // The handler's unfinished answer is void.
            context.Response.Clear();
            ProblemWriter.Write(context, problem);
        }
        catch (Exception e) when (IsClientGone(context, e))
        {
            // The client has gone: an answer has no reader.
        }
    }

    /// <summary>Requests that routing has refused by a status alone.</summary>
    private static Problem? ProblemOfStatus(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound when context.GetEndpoint() is null => new Problem(ErrorKinds.RouteNotFound),
        StatusCodes.Status405MethodNotAllowed => new Problem(ErrorKinds.MethodNotAllowed),
        _ => null,
    };

    private Problem? ProblemOf(HttpContext context, Exception exception)
    {
        switch (exception)
        {
            case ProblemException refusal:
                return refusal.Problem;
            case BadHttpRequestException bad:
                return OfServer(context, bad);
            case var gone when IsClientGone(context, gone):
                return null;
            default:
                LogUnexpected(
                    logger, exception, PlainText.Cut(context.Request.Method), PlainText.Cut(context.Request.Path.Value ?? ""));
                return new Problem(ErrorKinds.InternalError);
        }
    }

    /// <summary>The reader of the body may notice it before the request is marked as aborted.</summary>
    private static bool IsClientGone(HttpContext context, Exception exception) =>
        exception is ConnectionAbortedException
        || (exception is OperationCanceledException && context.RequestAborted.IsCancellationRequested);

    /// <summary>The web server refuses a body while it is read: too large, too slow, cut off.</summary>
    private static Problem OfServer(HttpContext context, BadHttpRequestException bad) => bad.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => new Problem(
            context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { MaxRequestBodySize: { } most }
                ? ErrorKinds.BodyTooLarge with { Detail = $"A body has at most {most} bytes." }
                : ErrorKinds.BodyTooLarge),
        StatusCodes.Status408RequestTimeout => new Problem(ErrorKinds.RequestTimeout),
        _ => new Problem(ErrorKinds.InvalidBody, "The body does not end where its headers say."),
    };

    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed unexpectedly")]
    private static partial void LogUnexpected(ILogger logger, Exception exception, string method, string path);
}
