using Cloudkeeper.Hosting.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Cloudkeeper.Hosting.Guard;

/// <summary>
/// Headers of every answer to a client, of whatever kind: they are set in the last moment, so that no part of a process
/// can forget them, nor lose them when it begins its answer anew.
/// </summary>
/// <remarks>
/// Answers between services have none: the proxy sets its own, and headers that no receiver reads cost both sides of
/// each answer.
/// </remarks>
internal sealed class AnswerHeaders(bool variesByOrigin)
{
    private const string Vary = "Origin";

    /// <summary>
    /// Answers are data. Browsers must not guess another type, give them to pages of other origins, or send their
    /// address to other sites as a referrer.
    /// </summary>
    private static readonly KeyValuePair<string, StringValues>[] Always =
    [
        new("X-Content-Type-Options", "nosniff"),
        new("Cross-Origin-Resource-Policy", "same-origin"),
        new("Cross-Origin-Opener-Policy", "same-origin"),
        new("Referrer-Policy", "no-referrer"),
    ];

    /// <summary>Content that a browser shows all the same, values above all, has no rights there.</summary>
    private static readonly StringValues Sandbox = "sandbox";

    /// <summary>Caches may keep nothing unless the answer allows it: without a header, HTTP lets them guess.</summary>
    private static readonly StringValues NoStore = "no-store";

    /// <summary>
    /// No browser does this: it names this host only when it is directed to visit it, uses HTTP/2 only behind TLS, and
    /// sends credentials of a scheme that it does not know only for a script of the same origin.
    /// </summary>
    public static bool IsBetweenServices(HttpRequest request) =>
        request.Headers.Host == Http2Client.Authority
        && (HttpProtocol.IsHttp2(request.Protocol)
            ? request.Scheme == Uri.UriSchemeHttp
            : request.Headers.Authorization is [{ } shown] && shown.StartsWith(ClusterKey.Scheme, StringComparison.Ordinal));

    /// <summary>For <see cref="HttpResponse.OnStarting(Func{object, Task}, object)"/>, with the response.</summary>
    public Task CompleteAsync(object response)
    {
        var headers = ((HttpResponse)response).Headers;
        foreach (var (name, value) in Always)
        {
            headers[name] = value;
        }

        if (headers.CacheControl.Count == 0)
        {
            headers.CacheControl = NoStore;
        }

        if (headers.ContentSecurityPolicy.Count == 0)
        {
            headers.ContentSecurityPolicy = Sandbox;
        }

        if (variesByOrigin)
        {
            headers.Append(nameof(headers.Vary), Vary);
        }

        return Task.CompletedTask;
    }
}
