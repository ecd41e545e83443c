using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Cloudkeeper.Proxy.Forwarding;

/// <summary>
/// Passes requests on as they came: no headers of our own, and the target as the client wrote it. Decoded and encoded
/// again, <c>%2F</c>, <c>//</c> or <c>%2e</c> would name another node of the tree than they do at a gateway.
/// </summary>
internal sealed class UnchangedTransform : ITransformProvider
{
    private static readonly UriCreationOptions Verbatim = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public void ValidateRoute(TransformRouteValidationContext context)
    {
    }

    public void ValidateCluster(TransformClusterValidationContext context)
    {
    }

    public void Apply(TransformBuilderContext context)
    {
        context.UseDefaultForwarders = false;
        context.AddOriginalHost(useOriginal: true);
        context.AddRequestTransform(static transform =>
        {
            var target = transform.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            transform.ProxyRequest.RequestUri = Address(transform.DestinationPrefix, target);
            return ValueTask.CompletedTask;
        });
        context.AddResponseTransform(static transform =>
        {
            if (transform.ProxyResponse is not null)
            {
                GatewayAnswer.Note(transform.HttpContext);
            }

            return HasOpenEnd(transform) ? BeginAsync(transform) : default;
        });
    }

    /// <summary>An answer of unknown length may be a stream, whose first event may come much later than its headers.</summary>
    private static bool HasOpenEnd(ResponseTransformContext transform) =>
        transform.ProxyResponse is { StatusCode: HttpStatusCode.OK, Content.Headers.ContentLength: null }
        && HttpMethods.IsGet(transform.HttpContext.Request.Method);

    /// <summary>Its client learns at once that it is there: YARP would pass the headers on with the first bytes of the body.</summary>
    private static async ValueTask BeginAsync(ResponseTransformContext transform) =>
        await transform.HttpContext.Response.BodyWriter.FlushAsync(transform.HttpContext.RequestAborted);

    /// <param name="gateway">The gateway's base address, with a slash at the end.</param>
    /// <param name="target">The request's target: a path, or a whole address as clients send it to a forward proxy.</param>
    /// <returns>Null for a target without a path (<c>*</c>), which stays what YARP makes of it.</returns>
    internal static Uri? Address(string gateway, string target)
    {
        var authority = target.IndexOf("://", StringComparison.Ordinal);
        var path = target.StartsWith('/') ? 0 : authority < 0 ? -1 : target.IndexOf('/', authority + 3);
        return path < 0 ? null : new Uri(string.Concat(gateway.AsSpan().TrimEnd('/'), target.AsSpan(path)), Verbatim);
    }
}
