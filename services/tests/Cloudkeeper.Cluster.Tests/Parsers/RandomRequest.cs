namespace Cloudkeeper.Cluster.Tests.Parsers;

/// <summary>
/// Requests as different readers might read differently: lines, headers and framings that are odd, ambiguous or wrong, put
/// together at random. Each sends all that it announces, so that no server waits for more of it.
/// </summary>
/// <remarks>In them <c>{host}</c> stands for the server's authority, <c>{root}</c> for the part of the tree that it writes to.</remarks>
internal sealed class RandomRequest(Random random)
{
    private static readonly string[] Methods =
    [
        "GET", "GET", "GET", "HEAD", "PUT", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get", "Get", "FOO",
        "PROPFIND", "M-SEARCH", "G%45T", "QUERY", "PURGE", "PRI",
    ];

    private static readonly string[] Paths =
    [
        "/v1/nodes/{root}", "/v1/nodes/{root}/a", "/v1/nodes", "/v1/nodes/", "/v1/transactions", "/v1/sessions", "/v1/sessions/9007199254740000",
        "/v1/locks/{root}", "/v1/tickets/9007199254740000", "/v1/cluster/nothing", "/v1/nothing", "/v1", "/", "//", "/V1/Nodes/{root}", "/openapi/v1.json",
        "/v1/watch?path=/{root}&from=x", "*", "", "http://{host}/v1/nodes/{root}", "http://{host}", "http://{host}?/v1/nodes/{root}",
        "http://{host}#/v1/nodes/{root}", "http://{host}/?/../v1/nodes/{root}", "//{host}/v1/nodes/{root}", "{host}", "v1/nodes/{root}",
        "ftp://{host}/v1/nodes/{root}", "http://evil.example/v1/nodes/{root}", "?path=/v1/nodes/{root}", "#/v1/nodes/{root}",
    ];

    private static readonly string[] Tails =
    [
        "", "", "", "/", "//", "/.", "/..", "/./b", "/../b", "/%2e", "/%2E%2e/b", "/.%2e", "/%2f", "/%2Fb", "/%5c", "/\\b", "/a%00b", "/%00",
        "/%", "/%4", "/%zz", "/%25", "/%252e", "/%c3%a4", "/\u00e4", "/%c0%af", "/%ff", "/a+b", "/a%20b", "/a;b=c", "/a,b", "/~b", "/|", "/^",
        "/`", "/{b}", "/[b]", "/<b>", "/\"b\"", "/'b'", "/a:b", "/@b", "/$b", "/&b", "/=b", "/!b", "/*", "/(b)", "#b", "/b#?c", "/%23b",
        "?", "??", "?a", "?a=b&a=c", "?view=stat", "?view=stat#children", "?view=%73tat", "?view=stat&view=acl", "?view", "?format=json",
        "?x=%", "?x=%ff", "?x=\u00e4", "?x=a b", "?consistency=stale", "?parents=true", "?limit=1&limit=2", "?view=children&limit=0",
        "/b?x=/../", "?/", "?x=http://{host}/", ";x", "/..;/b", "/%2e%2e%2fb", "/b/", "/b//c", "/b/%2F/c", "?view=stat?", "?=stat",
        "?view=st\u0001at", "/a\u0001b", "/a\u007fb", "/a\tb",
    ];

    private static readonly string[] Versions = ["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "http/1.1", "HTTP/0.9", "HTTP/1.1 "];

    private static readonly string[] Hosts =
    [
        "Host: {host}", "Host: {host}", "Host: {host}", "Host: {host}", "Host: localhost", "Host: LOCALHOST:1", "host:{host}", "Host:   {host}  ",
        "Host: {host}\r\nHost: {host}", "Host: evil.example", "Host:", "Host: {host}, evil.example", "Host: user@{host}", "Host: {host}/", "X-Host: {host}",
        "Host : {host}", "Host: {host}\r\n continued",
    ];

    private static readonly string[] Fields =
    [
        "X-Any: 1", "X-Any: \u00e4", "X-Any:", "X-Any: a\tb", "X-Any: a\u0001b", "X Any: 1", ": empty", "X-Any", "X-Any: 1\r\n folded", "X_Any: 1",
        "Accept: application/x-ndjson", "Accept: */*\r\nAccept: text/html", "Accept-Encoding: gzip, br", "TE: trailers", "TE: gzip", "Trailer: X-Any",
        "Upgrade: websocket", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__", "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive",
        "Expect: 100-continue", "Expect: 200-ok", "Expect: 100-Continue", "Range: bytes=0-1", "If-Range: \"1\"", "If-Modified-Since: Thu, 01 Jan 2026 00:00:00 GMT",
        "If-Unmodified-Since: Thu, 01 Jan 2026 00:00:00 GMT", "If-None-Match: *", "If-None-Match: \"1\"", "If-None-Match: W/\"1\", \"2\"", "If-None-Match: x",
        "If-None-Match: \"1\"\r\nIf-None-Match: \"2\"", "If-Match: *", "If-Match: \"1\"", "If-Match: \"1\"\r\nIf-Match: *", "Content-Type: text/plain",
        "Content-Type: text/html", "Content-Type: application/json", "Content-Type: text/plain\r\nContent-Type: text/html", "Content-Type:", "Content-Type: \u00e4",
        "Content-Encoding: gzip", "Content-Encoding: identity", "Content-Range: bytes 0-1/2", "Content-Language: de", "Content-Location: /x", "Content-MD5: x",
        "Content-Disposition: inline", "Last-Modified: x", "Expires: 0", "Allow: GET", "Idempotency-Key: k\r\nIdempotency-Key: k", "Idempotency-Key:", "Idempotency-Key: a b",
        "Cloudkeeper-Fence: x", "Cloudkeeper-Fence: 1\r\nCloudkeeper-Fence: 2", "Cloudkeeper-Min-Revision: 1", "Cloudkeeper-Min-Revision: x", "cloudkeeper-min-revision: -1",
        "Cloudkeeper-Min-Revision: 1\r\nCloudkeeper-Min-Revision: 2", "Last-Event-ID: x", "Origin: http://{host}", "Origin: https://evil.example", "Origin: null", "Origin:",
        "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: none", "Sec-Fetch-Dest: script", "Sec-Fetch-Mode: navigate", "Service-Worker: script",
        "Access-Control-Request-Method: PUT", "X-HTTP-Method-Override: DELETE", "X-Forwarded-For: 1.2.3.4", "Forwarded: for=1", "X-Original-URL: /v1/nodes/x", "Via: 1.1 x",
        "Max-Forwards: 0", "Cookie: a=b", "Authorization: Basic eDp4", "Proxy-Authorization: Basic eDp4", "Upgrade-Insecure-Requests: 1", "Referer: http://evil.example/",
        "User-Agent: x", "Pragma: no-cache", "Cache-Control: only-if-cached", "From: x", "Alt-Used: x", "Early-Data: 1", "Priority: u=1", "Close: 1", "ALPN: h2", "Prefer: x",
    ];

    private static readonly string[] Connections =
        ["close", "close", "close", "close, Upgrade", "Upgrade, close", "close, TE", "CLOSE", "close, X-Any", "close, If-Match", "close, Content-Type", "close, HTTP2-Settings, upgrade"];

    /// <summary>
    /// All that is announced comes at once, or what is announced is wrong. A body that breaks its own framing is not among
    /// them: a request with two faults is refused for either.
    /// </summary>
    private static readonly string[] Bodies =
    [
        "\r\n", "\r\n", "\r\n", "Content-Length: 0\r\n\r\n", "Content-Length: 3\r\n\r\nabc", "Content-Length: 9\r\n\r\n{\"if\":[]}", "Content-Length: +3\r\n\r\nabc",
        "Content-Length: 3, 3\r\n\r\nabc", "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", "Content-Length: 0x3\r\n\r\nabc",
        "Content-Length: -1\r\n\r\n", "Content-Length:\r\n\r\n", "Content-Length: 99999999999999999999\r\n\r\n", "Content-Length : 3\r\n\r\nabc",
        "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0;z\r\nX-T: 1\r\n\r\n",
        "Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
        "Transfer-Encoding: gzip\r\n\r\nabc", "Transfer-Encoding: identity\r\n\r\nabc", "Transfer-Encoding: xchunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "Transfer-Encoding:\r\n\r\n", "Transfer-Encoding: \u000bchunked\r\n\r\n0\r\n\r\n",
    ];

    public string Next()
    {
        var line = $"{Of(Methods)} {Of(Paths)}{Of(Tails)} {Of(Versions)}";
        var fields = string.Concat(Enumerable.Range(0, random.Next(4)).Select(_ => Of(Fields) + "\r\n"));
        return $"{line}\r\n{Of(Hosts)}\r\n{fields}Connection: {Of(Connections)}\r\n{Of(Bodies)}";
    }

    private string Of(string[] choices) => choices[random.Next(choices.Length)];
}
