using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace Cloudkeeper.Proxy.Forwarding;

/// <summary>The proxy's own answers: problem documents with the codes that the gateways use.</summary>
internal static class ProxyProblem
{
    public static Task WriteAsync(HttpContext context, Failure failure)
    {
        var (status, code, detail) = Describe(context, failure);
        context.Response.Clear();
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = "1";
        }

        using (var json = new Utf8JsonWriter(context.Response.BodyWriter))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "about:blank");
            json.WriteString("title"u8, ReasonPhrases.GetReasonPhrase(status));
            json.WriteNumber("status"u8, status);
            json.WriteString("detail"u8, detail);
            json.WriteString("code"u8, code);
            json.WriteEndObject();
        }

        return context.Response.CompleteAsync();
    }

    private static (int Status, string Code, string Detail) Describe(HttpContext context, Failure failure) => failure switch
    {
        Failure.NoGateway or Failure.NotSent => (StatusCodes.Status503ServiceUnavailable, "overloaded",
            "No gateway can be reached at the moment, and nothing was done. Try again in a second."),
        Failure.Lost or Failure.TimedOut when DispatchMiddleware.IsRead(context.Request.Method) => (
            StatusCodes.Status503ServiceUnavailable, "overloaded",
            "The gateway that was reading this did not answer. Try again in a second."),
        Failure.Lost or Failure.TimedOut => (StatusCodes.Status504GatewayTimeout, "outcome-unknown",
            "The gateway was lost before it had answered: this may have been done or not. "
            + "Repeat the request with the same Idempotency-Key to find out and to have it done exactly once."),
        Failure.BadBody => DescribeBody(context.Response.StatusCode),
        _ => (StatusCodes.Status400BadRequest, "invalid-operation", "The proxy does not pass on requests of this kind."),
    };

    private static (int Status, string Code, string Detail) DescribeBody(int status) => status switch
    {
        StatusCodes.Status413PayloadTooLarge => (status, "body-too-large", "Send a smaller body."),
        StatusCodes.Status408RequestTimeout => (status, "request-timeout", "The body came too slowly."),
        _ => (StatusCodes.Status400BadRequest, "invalid-body", "The body ended early or was not sent as HTTP asks for."),
    };
}
