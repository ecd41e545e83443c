using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Cloudkeeper.Hosting.Guard;

/// <summary>
/// The headers by which a browser describes a page's request, and which no page can change: <c>Origin</c> (RFC 6454)
/// and the fetch metadata. Absent from clients that are no browser, and in part from browsers: over plain HTTP they
/// send fetch metadata only to loopback.
/// </summary>
public readonly struct BrowserMarks
{
    /// <summary>The names of all of them, but for <c>Origin</c>.</summary>
    private static readonly string[] Names =
        ["Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Sec-Fetch-User", "Sec-Fetch-Storage-Access", "Service-Worker"];

    private readonly IHeaderDictionary _headers;

    public BrowserMarks(IHeaderDictionary headers)
    {
        _headers = headers;
        Origin = headers.Origin;
        Site = headers[Names[0]];
    }

    public StringValues Origin { get; }

    /// <summary>How the origin of the page is related to ours.</summary>
    public StringValues Site { get; }

    public StringValues Mode => _headers[Names[1]];

    /// <summary>The intended use of the answer.</summary>
    public StringValues Destination => _headers[Names[2]];

    /// <summary>
    /// The request is for the script of a service worker; browsers without fetch metadata mark it, too.
    /// </summary>
    public bool IsServiceWorker => _headers.ContainsKey(Names[5]);

    /// <summary>Whether a page's request could look like this; the same request without a browser could not.</summary>
    public bool AreAny => Origin.Count > 0 || Site.Count > 0;

    /// <summary>As <see cref="AreAny"/>, and none of the less telling ones is there.</summary>
    public bool AreAnyOfAll
    {
        get
        {
            var headers = _headers;
            return AreAny || Array.Exists(Names, headers.ContainsKey);
        }
    }
}
