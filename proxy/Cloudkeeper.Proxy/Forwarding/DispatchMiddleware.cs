using Cloudkeeper.Hosting.Memory;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Cloudkeeper.Proxy.Forwarding;

/// <summary>
/// Around balancing and forwarding: sends a request to another gateway where that cannot execute it twice, and turns
/// the remaining failures into answers of our own.
/// </summary>
/// <remarks>
/// A request that no gateway has seen a byte of goes to the next one, with any method. One that may have been executed
/// is repeated only if it reads; the client of a mutation is answered that the outcome is unknown, and repeats it under
/// its <c>Idempotency-Key</c>.
/// </remarks>
internal sealed class DispatchMiddleware(RequestDelegate next, ProxyMetrics metrics, BodyPace pace)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var proxying = context.GetReverseProxyFeature();
        var candidates = proxying.AvailableDestinations;
        var body = WatchBody(context);
        AllowSlowReader(context);
        IgnoreUpgrade(context);

        await next(context);
        var failure = Failures.Of(context);
        while (failure is Failure.NotSent or Failure.Lost && CanGoElsewhere(context, failure, body)
            && Without(candidates, proxying.ProxiedDestination) is { Count: > 0 } others)
        {
            metrics.Redispatched();
            proxying.AvailableDestinations = candidates = others;
            context.Features.Set<IForwarderErrorFeature>(null);
            GatewayAnswer.Forget(context);
            context.Response.Clear();
            await next(context);
            failure = Failures.Of(context);
        }

        body?.EndReading();
        metrics.Finished(failure);
        if (failure != Failure.None && !context.Response.HasStarted)
        {
            await ProxyProblem.WriteAsync(context, failure);
        }
    }

    /// <summary>
    /// Over HTTP/2 the web server would end the whole connection for one slow body: there we end its stream, and leave the
    /// client's others alone.
    /// </summary>
    private UnreadBody? WatchBody(HttpContext context)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            return null;
        }

        var isShared = HttpProtocol.IsHttp2(context.Request.Protocol);
        if (isShared && context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        var body = new UnreadBody(context.Request.Body, context.Request.BodyReader, isShared ? pace : null);
        context.Request.Body = body;
        return body;
    }

    /// <summary>
    /// A watch may be read slowly: its gateway bounds the events that wait for it, and sends it a gap.
    /// </summary>
    private static void AllowSlowReader(HttpContext context)
    {
        if (context.Request.Path.StartsWithSegments("/v1/watch", StringComparison.Ordinal))
        {
            context.AllowPauses();
        }
    }

    /// <summary>
    /// No gateway changes its protocol, and a server may ignore the wish (RFC 9110, 7.8), as gateways do. YARP would send
    /// another request instead.
    /// </summary>
    private static void IgnoreUpgrade(HttpContext context)
    {
        if (context.Request.Headers.Upgrade.Count > 0)
        {
            context.Features.Set<IHttpUpgradeFeature>(null);
        }
    }

    private static bool CanGoElsewhere(HttpContext context, Failure failure, UnreadBody? body) =>
        (failure == Failure.NotSent || IsRead(context.Request.Method))
        && body is null or { IsWhole: true }
        && !context.Response.HasStarted
        && !context.RequestAborted.IsCancellationRequested;

    /// <summary>Reads change nothing, so that another one does no harm.</summary>
    internal static bool IsRead(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);

    private static IReadOnlyList<DestinationState> Without(
        IReadOnlyList<DestinationState> candidates, DestinationState? tried) =>
        tried is null ? [] : [.. candidates.Where(candidate => candidate != tried)];
}
