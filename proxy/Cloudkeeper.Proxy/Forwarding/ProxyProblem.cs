using Cloudkeeper.Hosting.Guard;

namespace Cloudkeeper.Proxy.Forwarding;

/// <summary>The proxy's own answers: problem documents with the codes and titles that the gateways use.</summary>
internal static class ProxyProblem
{
    private const string RetryAfterSeconds = "1";

    public static Task WriteAsync(HttpContext context, Failure failure)
    {
        var problem = Describe(context, failure);
        context.Response.Clear();
        if (problem.Status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
        }

        return ProblemDocument.WriteAsync(context, problem);
    }

    private static Refusal Describe(HttpContext context, Failure failure) => failure switch
    {
        Failure.NoGateway or Failure.NotSent => new(StatusCodes.Status503ServiceUnavailable, "overloaded", "Overloaded",
            "No gateway can be reached at the moment, and nothing was done. Try again in a second."),
        Failure.Lost or Failure.TimedOut when DispatchMiddleware.IsRead(context.Request.Method) => new(
            StatusCodes.Status503ServiceUnavailable, "overloaded", "Overloaded",
            "The gateway that was reading this did not answer. Try again in a second."),
        Failure.Lost or Failure.TimedOut => new(
            StatusCodes.Status504GatewayTimeout, "outcome-unknown", "The outcome is unknown",
            "The gateway was lost before it had answered: this may have been done or not. "
            + "Repeat the request with the same Idempotency-Key to find out and to have it done exactly once."),
        Failure.BadBody => DescribeBody(context.Response.StatusCode),
        _ => new(StatusCodes.Status400BadRequest, "invalid-operation", "Not a valid operation",
            "The proxy does not pass on requests of this kind."),
    };

    private static Refusal DescribeBody(int status) => status switch
    {
        StatusCodes.Status413PayloadTooLarge => new(
            status, "body-too-large", "The body is too large", "Send a smaller body."),
        StatusCodes.Status408RequestTimeout => new(
            status, "request-timeout", "The request came too slowly", "Send the body faster."),
        _ => new(StatusCodes.Status400BadRequest, "invalid-body", "Not a valid body",
            "The body ended early or was not sent as HTTP asks for."),
    };
}
