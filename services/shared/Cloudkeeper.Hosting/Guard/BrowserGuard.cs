using Microsoft.AspNetCore.Http;

namespace Cloudkeeper.Hosting.Guard;

/// <summary>
/// Keeps web pages out. A browser sends the requests of any page to loopback and into the intranet, and a server there that
/// looks neither at <c>Host</c> nor at <c>Origin</c> executes them.
/// </summary>
/// <remarks>
/// A client that is no browser passes untouched: it sends no marks, and names the host of its URL. The guard costs it a
/// comparison with the host that was accepted last, and two look-ups of headers that are not there. Over HTTP/1.0 it
/// need not name a host, which no browser leaves out.
/// </remarks>
internal sealed class BrowserGuard(AcceptedHosts hosts, CrossOriginRule origins)
{
    /// <summary>The target of a request that asks about no path.</summary>
    public const string WholeServer = "*";

    /// <summary>Accepted on every connection. The web server repeats the same string for all requests of a connection.</summary>
    private volatile string _lastHost = Http2Client.Authority;

    /// <summary>Null: it may pass.</summary>
    /// <param name="target">As the request line has it; null where there is none.</param>
    public Refusal? Judge(HttpRequest request, string? target)
    {
        var named = request.Headers.Host;
        var host = named.ToString();
        if (named.Count > 0 && !AcceptsHost(host, request) && !IsHealth(request.Path))
        {
            return Refusal.MisdirectedHost;
        }

        return origins.Passes(new BrowserMarks(request.Headers), request.Method, host) ? JudgeForm(request, target) : Refusal.CrossOrigin;
    }

    /// <summary>Probes come by addresses and names that no setting knows in advance, and learn nothing but a state.</summary>
    private static bool IsHealth(PathString path) =>
        path.Value is CloudkeeperOperations.HealthRoute or CloudkeeperOperations.ReadyRoute;

    /// <summary>
    /// Forms that different readers read differently. Whole addresses (RFC 9112, 3.2.2) are for forward proxies, and no
    /// client needs them here; of a body's codings a proxy undoes one; of two types of a body the one takes the first,
    /// the other the last.
    /// </summary>
    private static Refusal? JudgeForm(HttpRequest request, string? target)
    {
        if (HttpMethods.IsConnect(request.Method))
        {
            return Refusal.NoTunnel;
        }

        if (target is not (null or "" or ['/', ..]) && !(target is WholeServer && HttpMethods.IsOptions(request.Method)))
        {
            return Refusal.NotAPath;
        }

        if (request.Headers.TransferEncoding is { Count: > 0 } codings && !IsChunkedAlone(codings.ToString()))
        {
            return Refusal.OtherCoding;
        }

        return request.Headers.ContentType.Count > 1 ? Refusal.SeveralTypes : null;
    }

    private static bool IsChunkedAlone(string codings) =>
        codings.AsSpan().Trim().Equals("chunked", StringComparison.OrdinalIgnoreCase);

    private bool AcceptsHost(string host, HttpRequest request)
    {
        if (host == _lastHost)
        {
            return true;
        }

        var isAccepted = hosts.Accepts(host, request.HttpContext.Connection.LocalIpAddress, out var isForAll);
        if (isForAll)
        {
            _lastHost = host;
        }

        return isAccepted;
    }
}
