using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Cloudkeeper.Hosting.Guard;

/// <summary>
/// Which requests of browsers pass: those of our own pages, those of origins that a setting names, and navigation by a
/// link. Reads as well as writes, since a page can measure what it cannot read.
/// </summary>
/// <param name="allowedOrigins">As browsers spell them.</param>
/// <param name="refusesBrowsers">No page has any business here.</param>
internal sealed class CrossOriginRule(FrozenSet<string> allowedOrigins, bool refusesBrowsers)
{
    /// <summary>
    /// Uses that would run the answer. Nothing that is served here is code: a value that a client has stored must not become
    /// one, not even for a page of the same origin.
    /// </summary>
    private static readonly FrozenSet<string> Executable = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "script", "style", "worker", "sharedworker", "serviceworker", "audioworklet", "paintworklet", "xslt");

    /// <summary>An origin that a setting names, if the request comes from one.</summary>
    public string? AllowedOrigin(BrowserMarks marks) =>
        !refusesBrowsers && marks.Origin is [{ } origin] && allowedOrigins.Contains(origin) ? origin : null;

    /// <param name="host">The <c>Host</c> header, which was accepted.</param>
    public bool Passes(BrowserMarks marks, string method, string host)
    {
        if (refusesBrowsers)
        {
            return !marks.AreAnyOfAll;
        }

        if (marks.IsServiceWorker || (marks.AreAny && WouldRun(marks.Destination)))
        {
            return false;
        }

        return !marks.AreAny || AllowedOrigin(marks) is not null || IsOwn(marks, method, host);
    }

    private static bool WouldRun(StringValues destination) =>
        destination.Count > 0 && (destination is not [{ } only] || Executable.Contains(only));

    /// <summary>
    /// Fetch metadata are the best source. <c>null</c> is the origin of sandboxed documents, such as values that a
    /// browser shows.
    /// </summary>
    private static bool IsOwn(BrowserMarks marks, string method, string host)
    {
        if (marks.Origin is ["null"])
        {
            return false;
        }

        return marks.Site switch
        {
            [] => IsSame(marks.Origin, host),
            ["same-origin"] or ["none"] => true,
            ["same-site"] or ["cross-site"] => HttpMethods.IsGet(method) && IsNavigation(marks),
            _ => false,
        };
    }

    /// <summary>Of a whole window: a frame is part of a page.</summary>
    private static bool IsNavigation(BrowserMarks marks) => marks is { Mode: ["navigate"], Destination: ["document"] };

    /// <summary>
    /// By host and port. The scheme may differ, where a reverse proxy in front of us terminates TLS; it then decides
    /// which port is left out.
    /// </summary>
    private static bool IsSame(StringValues origin, string host) => origin is [{ } text] && (
        IsSame(text, "http://", ":80", host) || IsSame(text, "https://", ":443", host));

    private static bool IsSame(ReadOnlySpan<char> origin, string scheme, string port, ReadOnlySpan<char> host)
    {
        if (!origin.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var authority = origin[scheme.Length..];
        return !authority.IsEmpty && WithoutPort(authority, port).Equals(WithoutPort(host, port), StringComparison.OrdinalIgnoreCase);
    }

    private static ReadOnlySpan<char> WithoutPort(ReadOnlySpan<char> authority, string port) =>
        authority.EndsWith(port, StringComparison.Ordinal) ? authority[..^port.Length] : authority;
}
