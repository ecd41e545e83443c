using System.Text.Json;

namespace Cloudkeeper.Proxy.Forwarding;

/// <summary>The proxy's own answers: problem documents with the codes and titles that the gateways use.</summary>
internal static class ProxyProblem
{
    private const string TypePrefix = "urn:cloudkeeper:problem:";
    private const string RetryAfterSeconds = "1";

    public static async Task WriteAsync(HttpContext context, Failure failure)
    {
        var problem = Describe(context, failure);
        context.Response.Clear();
        context.Response.StatusCode = problem.Status;
        context.Response.ContentType = "application/problem+json";
        if (problem.Status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
        }

        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("type"u8, TypePrefix + problem.Code);
        json.WriteString("title"u8, problem.Title);
        json.WriteNumber("status"u8, problem.Status);
        json.WriteString("code"u8, problem.Code);
        json.WriteString("detail"u8, problem.Detail);
        json.WriteEndObject();
    }

    private static Problem Describe(HttpContext context, Failure failure) => failure switch
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

    private static Problem DescribeBody(int status) => status switch
    {
        StatusCodes.Status413PayloadTooLarge => new(
            status, "body-too-large", "The body is too large", "Send a smaller body."),
        StatusCodes.Status408RequestTimeout => new(
            status, "request-timeout", "The request came too slowly", "Send the body faster."),
        _ => new(StatusCodes.Status400BadRequest, "invalid-body", "Not a valid body",
            "The body ended early or was not sent as HTTP asks for."),
    };

    private sealed record Problem(int Status, string Code, string Title, string Detail);
}
