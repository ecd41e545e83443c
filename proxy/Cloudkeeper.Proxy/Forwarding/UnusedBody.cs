using Microsoft.AspNetCore.Http.Features;

namespace Cloudkeeper.Proxy.Forwarding;

/// <summary>
/// The content of a request whose method gives it no meaning (RFC 9110, 9.3). A gateway does not look at it, so that what is
/// wrong with it must not matter here either: it stays where it is.
/// </summary>
internal sealed class UnusedBody : IHttpRequestBodyDetectionFeature
{
    private static readonly UnusedBody Instance = new();

    public bool CanHaveBody => false;

    /// <returns>Whether there is content that nothing needs.</returns>
    public static bool Leave(HttpContext context)
    {
        if (!HasNoMeaning(context.Request.Method))
        {
            return false;
        }

        context.Request.Headers.ContentLength = null;
        context.Features.Set<IHttpRequestBodyDetectionFeature>(Instance);
        return true;
    }

    private static bool HasNoMeaning(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method)
        || HttpMethods.IsDelete(method) || HttpMethods.IsOptions(method) || HttpMethods.IsTrace(method);
}
