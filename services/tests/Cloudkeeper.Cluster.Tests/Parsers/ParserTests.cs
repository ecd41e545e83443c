using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests.Parsers;

/// <summary>Two servers read each request that goes through the proxy; what they make of it must be the same as one alone.</summary>
public sealed class ParserTests : ClusterTest
{
    private const int Seeds = 3;
    private const int RequestsPerSeed = 500;

    /// <summary>So that both ways write to trees of their own that look the same.</summary>
    private const string Straight = "straight";

    private const string Proxied = "proxied1";

    private static readonly string[] Compared =
        ["Allow", "Cache-Control", "Cloudkeeper-Consistency", "Content-Disposition", "Content-Security-Policy", "Content-Type", "Vary"];

    /// <summary>Each was answered differently once, or is of a kind that was.</summary>
    private static readonly (string Request, int Status)[] Known =
    [
        ("GET /v1/nodes/{root} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n", 404),
        ("GET /v1/nodes HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", 200),
        ("GET /v1/nodes HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n", 200),
        ("GET /v1/nodes HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade, close\r\nUpgrade: SPDY/3.1\r\n\r\n", 200),
        ("GET http://{host}?/../v1/nodes HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n", 400),
        ("GET http://{host}#/v1/nodes HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n", 400),
        ("GET http://{host}/v1/nodes HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n", 400),
        ("OPTIONS * HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n", 204),
        ("OPTIONS /v1/nodes HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n", 204),
        ("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n", 405),
        ("TRACE /v1/nodes HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n", 405),
        ("GET /v1/nodes HTTP/1.0\r\n\r\n", 200),
        ("PUT /v1/nodes/{root} HTTP/1.1\r\nHost: {host}\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc", 201),
        ("PUT /v1/nodes/{root}//a HTTP/1.1\r\nHost: {host}\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc", 400),
        ("PUT /v1/nodes/{root}-trailer HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: If-Match\r\n\r\n3\r\nabc\r\n0\r\nIf-Match: \"1\"\r\n\r\n", 201),
        ("PUT /v1/nodes/{root} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n", 400),
        ("POST /v1/transactions HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n", 400),
        ("GET /v1/nodes HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n", 400),
        ("GET /v1/nodes HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc", 200),
        ("DELETE /v1/nodes/{root} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n", 400),
        ("PUT /v1/nodes/{root} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\nabc", 415),
        ("PUT /v1/nodes/{root} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nIf-Match: \"999998\"\r\nIf-Match: \"999999\"\r\nContent-Length: 3\r\n\r\nabc", 412),
    ];

    [Fact]
    public async Task A_request_is_read_alike()
    {
        foreach (var (request, status) in Known)
        {
            var (straight, proxied) = await BothAsync(request);
            Assert.True(status == straight.Status, $"{request}: {straight.Status} {straight.Code}");
            Assert.Equal(Describe(straight), Describe(proxied));
        }
    }

    [Fact]
    public async Task Requests_that_are_odd_ambiguous_or_wrong_are_read_alike()
    {
        var differences = new List<string>();
        foreach (var seed in Enumerable.Range(1, Seeds))
        {
            var requests = new RandomRequest(new Random(seed));
            for (var i = 0; i < RequestsPerSeed; i++)
            {
                var request = requests.Next();
                var (straight, proxied) = await BothAsync(request);
                if (Describe(straight) != Describe(proxied))
                {
                    differences.Add(
                        $"{seed}: {request.ReplaceLineEndings("\\n")}\n    straight: {Describe(straight)}\n    proxied:  {Describe(proxied)}");
                }
            }
        }

        Assert.True(differences.Count == 0, $"{differences.Count} requests:\n{string.Join('\n', differences)}");
    }

    protected override Task<LocalCluster> StartAsync() => LocalCluster.StartAsync(nodes: 1, gateways: 1);

    /// <summary>All that does not depend on when it was asked for, nor in which tree.</summary>
    private static string Describe(RawAnswer answer) => $"{answer.Status} {answer.Code} " + string.Join(
        "; ", answer.Names.Select(name => Compared.Contains(name, StringComparer.Ordinal) ? $"{name}: {answer.Header(name)}" : name));

    private async Task<(RawAnswer Straight, RawAnswer Proxied)> BothAsync(string request) => (
        await SendAsync(Cluster.Gateways[0].Address, request, Straight),
        await SendAsync(Cluster.Proxy.Address, request, Proxied));

    private static Task<RawAnswer> SendAsync(Uri server, string request, string root) => RawExchange.SendAsync(
        server,
        request.Replace("{host}", server.Authority, StringComparison.Ordinal).Replace("{root}", root, StringComparison.Ordinal));
}
