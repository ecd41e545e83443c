using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Requests;
using Microsoft.AspNetCore.Http.Features;

namespace Cloudkeeper.Gateway.Serving;

/// <summary>
/// Refuses, once the route is known and before its handler, parts that would be ignored there although they change the
/// request's meaning: parameters, conditions, fences, and headers that describe the body.
/// </summary>
internal sealed class RequestRules(RequestDelegate next)
{
    private const string AllMethods = "GET, HEAD, PUT, POST, DELETE, OPTIONS";

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (HttpMethods.IsOptions(request.Method))
        {
            return AnswerOptionsAsync(context);
        }

        BodyHeaders.CheckExpectation(request);
        if (context.GetEndpoint()?.Metadata.GetMetadata<ParameterTable>() is { } table)
        {
            var query = RequestQuery.Of(context);
            if (!query.IsEmpty)
            {
                table.Check(query);
            }

            if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
            {
                CheckMutation(request, table);
            }
        }

        return next(context);
    }

    private static void CheckMutation(HttpRequest request, ParameterTable table)
    {
        BodyHeaders.Check(request);
        if (!table.TakesConditions && HasConditions(request.Headers))
        {
            throw new ProblemException(ErrorKinds.InvalidCondition, "Conditions in headers mean nothing here.");
        }

        if (!table.TakesFences && request.Headers.ContainsKey(ResponseHeaders.Fence))
        {
            throw new ProblemException(ErrorKinds.InvalidFence, "A fence means nothing here.");
        }
    }

    private static bool HasConditions(IHeaderDictionary headers) =>
        headers.IfMatch.Count > 0 || headers.IfNoneMatch.Count > 0 || headers.IfModifiedSince.Count > 0
        || headers.IfUnmodifiedSince.Count > 0 || headers.IfRange.Count > 0;

    /// <summary>RFC 9110, 9.3.7: the methods of a route, or of the server as a whole.</summary>
    private async Task AnswerOptionsAsync(HttpContext context)
    {
        var response = context.Response;
        if (context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget == "*")
        {
            response.StatusCode = StatusCodes.Status204NoContent;
            response.Headers.Allow = AllMethods;
            return;
        }

        await next(context);
        if (response is { StatusCode: StatusCodes.Status405MethodNotAllowed, HasStarted: false })
        {
            response.StatusCode = StatusCodes.Status204NoContent;
            response.Headers.Allow = $"{response.Headers.Allow}, {HttpMethods.Options}";
        }
    }
}
