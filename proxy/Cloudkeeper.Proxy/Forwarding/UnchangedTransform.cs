using System.Net;
using Cloudkeeper.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Cloudkeeper.Proxy.Forwarding;

/// <summary>
/// Passes requests on as they came: no headers of our own, and the target as the client wrote it. Decoded and encoded
/// again, <c>%2F</c>, <c>//</c> or <c>%2e</c> would name another node of the tree than they do at a gateway.
/// </summary>
internal sealed class UnchangedTransform : ITransformProvider
{
    private const string FetchSite = "Sec-Fetch-Site";

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
        context.CopyResponseHeaders = false;
        context.AddOriginalHost(useOriginal: false);
        context.AddRequestTransform(static transform =>
        {
            Address(transform);
            ClientHeaders.Remove(transform.ProxyRequest.Headers);
            Vouch(transform);
            return ValueTask.CompletedTask;
        });
        context.AddResponseTransform(static transform =>
        {
            if (transform.ProxyResponse is { } answer)
            {
                AnswerCopy.Copy(answer, transform.HttpContext.Response);
                GatewayAnswer.Note(transform.HttpContext);
            }

            return HasOpenEnd(transform) ? BeginAsync(transform) : default;
        });
    }

    /// <summary>The host was judged here; a gateway need not know under which names the proxy is reached.</summary>
    private static void Address(RequestTransformContext transform)
    {
        var target = transform.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        transform.ProxyRequest.RequestUri = Address(transform.DestinationPrefix, target);
        transform.ProxyRequest.Headers.Host = Http2Client.Authority;
    }

    /// <summary>
    /// So was the origin, which means nothing beside another host: the gateway learns that a browser sends this, and that it
    /// may.
    /// </summary>
    private static void Vouch(RequestTransformContext transform)
    {
        if (transform.HttpContext.Request.Headers.Origin.Count > 0)
        {
            var headers = transform.ProxyRequest.Headers;
            headers.Remove(HeaderNames.Origin);
            headers.Remove(FetchSite);
            headers.TryAddWithoutValidation(FetchSite, "same-origin");
        }
    }

    /// <summary>An answer of unknown length may be a stream, whose first event may come much later than its headers.</summary>
    private static bool HasOpenEnd(ResponseTransformContext transform) =>
        transform.ProxyResponse is { StatusCode: HttpStatusCode.OK, Content.Headers.ContentLength: null }
        && HttpMethods.IsGet(transform.HttpContext.Request.Method);

    /// <summary>Its client learns at once that it is there: YARP would pass the headers on with the first bytes of the body.</summary>
    private static async ValueTask BeginAsync(ResponseTransformContext transform) =>
        await transform.HttpContext.Response.BodyWriter.FlushAsync(transform.HttpContext.RequestAborted);

    /// <param name="gateway">The gateway's base address, with a slash at the end.</param>
    /// <param name="target">The request's target, a path: nothing else comes this far.</param>
    internal static Uri Address(string gateway, string target) =>
        new(string.Concat(gateway.AsSpan().TrimEnd('/'), target), Verbatim);
}
