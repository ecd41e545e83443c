using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace Cloudkeeper.Proxy.Tests;

/// <summary>What becomes of headers between a client, the proxy and a gateway.</summary>
public sealed class HeaderTests
{
    [Theory(Timeout = 30_000)]
    [InlineData("Forwarded", "for=1.2.3.4")]
    [InlineData("X-Forwarded-For", "1.2.3.4")]
    [InlineData("x-forwarded-host", "evil.example")]
    [InlineData("X-Forwarded-Proto", "https")]
    [InlineData("X-Forwarded-Client-Cert", "Hash=1")]
    [InlineData("X-Real-Ip", "1.2.3.4")]
    [InlineData("Client-Cert", ":MIIB:")]
    [InlineData("Client-Cert-Chain", ":MIIB:")]
    [InlineData("Cloudkeeper-Client-Address", "1.2.3.4")]
    [InlineData("CLOUDKEEPER-CLIENT", "n1")]
    [InlineData("Cloudkeeper-Leader", "n1")]
    public async Task A_client_cannot_set_the_headers_by_which_the_proxy_names_it(string name, string value)
    {
        await using var gateway = await FakeGateway.StartAsync(NamesAsync);
        await using var proxy = await TestProxy.StartAsync(gateway);

        var answer = await SendRawAsync(proxy.Address, "GET /a", $"{name}: {value}", "X-Forward: 1", "Client: 1", "Cloudkeeper-Fence: 1");

        Assert.EndsWith("[Client,Cloudkeeper-Fence,Host,X-Forward]", answer, StringComparison.OrdinalIgnoreCase);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("Connection: Upgrade", "Upgrade: websocket")]
    [InlineData("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")]
    [InlineData("Connection: keep-alive, upgrade", "Upgrade: WebSocket")]
    [InlineData("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")]
    [InlineData("Connection: Upgrade", "Upgrade: SPDY/3.1")]
    [InlineData("Connection: Upgrade", "Upgrade: TLS/1.2")]
    public async Task A_wish_for_another_protocol_is_ignored_as_a_gateway_ignores_it(params string[] headers)
    {
        await using var gateway = await FakeGateway.StartAsync(context => context.Response.WriteAsync($"[{context.Request.Method}]"));
        await using var proxy = await TestProxy.StartAsync(gateway);

        foreach (var server in new[] { new Uri(gateway.Address), proxy.Address })
        {
            var answer = await SendRawAsync(server, "GET /a", [.. headers, "Connection: close"]);
            Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
            Assert.Contains("[GET]", answer, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task Names_of_headers_come_back_as_the_gateway_wrote_them()
    {
        string[] names =
        [
            "Cloudkeeper-Revision", "Cloudkeeper-Version", "Cloudkeeper-Cache", "Cloudkeeper-Consistency",
            "Cloudkeeper-Staleness-Ms", "Cloudkeeper-Ticket", "Idempotent-Replayed", "Content-Security-Policy",
            "Content-Disposition", "ETag", "Retry-After", "Location", "Vary", "Cache-Control", "Allow", "X-Accel-Buffering",
        ];
        await using var gateway = await FakeGateway.StartAsync(context =>
        {
            Array.ForEach(names, name => context.Response.Headers[name] = "1");
            return Task.CompletedTask;
        });
        await using var proxy = await TestProxy.StartAsync(gateway);

        var answer = await SendRawAsync(proxy.Address, "GET /a");

        Assert.All(names, name => Assert.Contains($"\r\n{name}: 1\r\n", answer, StringComparison.Ordinal));
    }

    /// <summary>A proxy leaves the header out, and its gateway would take the coded bytes for plain ones.</summary>
    [Theory(Timeout = 30_000)]
    [InlineData("gzip, chunked")]
    [InlineData("chunked, chunked")]
    public async Task Another_transfer_coding_than_chunked_reaches_no_gateway(string coding)
    {
        await using var gateway = await FakeGateway.StartAsync(FakeGateway.Say("taken"));
        await using var proxy = await TestProxy.StartAsync(gateway);

        var answer = await SendRawAsync(
            proxy.Address, "PUT /a", "Connection: close", $"Transfer-Encoding: {coding}\r\n\r\n0\r\n");

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"invalid-body\"", answer, StringComparison.Ordinal);
        Assert.Equal(0, gateway.Requests);
    }

    private static readonly string[] TwoValues = ["1", "2"];

    [Fact(Timeout = 30_000)]
    public async Task Every_value_of_a_header_comes_back_and_none_twice()
    {
        await using var gateway = await FakeGateway.StartAsync(context =>
        {
            context.Response.Headers.Append("X-Many", new StringValues(TwoValues));
            return Task.CompletedTask;
        });
        await using var proxy = await TestProxy.StartAsync(gateway);

        var answer = await SendRawAsync(proxy.Address, "GET /a");

        Assert.Contains("\r\nx-many: 1\r\nx-many: 2\r\n", answer, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\r\nX-Content-Type-Options: nosniff\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nCross-Origin-Resource-Policy: same-origin\r\n", answer, StringComparison.Ordinal);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(200, "no-cache")]
    [InlineData(304, "no-cache")]
    [InlineData(404, "no-store")]
    public async Task A_gateways_headers_for_caches_stand(int status, string control)
    {
        await using var gateway = await FakeGateway.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.CacheControl = control;
            return Task.CompletedTask;
        });
        await using var proxy = await TestProxy.StartAsync(gateway);

        using var answer = await proxy.Client.GetAsync("/a", TestContext.Current.CancellationToken);

        Assert.Equal(control, answer.Headers.CacheControl?.ToString());
    }

    [Fact(Timeout = 30_000)]
    public async Task The_proxys_own_answers_are_neither_kept_nor_shown_to_pages()
    {
        await using var proxy = await TestProxy.StartAsync($"--Proxy:Gateways={TestProxy.FreeAddress()}");

        foreach (var target in new[] { "/v1/nodes/a", "/healthz", "/readyz", "/metrics" })
        {
            using var answer = await proxy.Client.GetAsync(target, TestContext.Current.CancellationToken);
            Assert.True(answer.Headers.CacheControl is { NoStore: true } or { NoCache: true }, target);
            Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("same-origin", answer.Headers.GetValues("Cross-Origin-Resource-Policy").Single());
        }
    }

    [Theory(Timeout = 30_000)]
    [InlineData("Origin: http://{host}", "[Host,Sec-Fetch-Site]same-origin")]
    [InlineData("Origin: https://console.example; Sec-Fetch-Site: cross-site; Sec-Fetch-Dest: empty", "[Host,Sec-Fetch-Dest,Sec-Fetch-Site]same-origin")]
    [InlineData("Sec-Fetch-Site: none; Sec-Fetch-Mode: navigate", "[Host,Sec-Fetch-Mode,Sec-Fetch-Site]none")]
    public async Task A_gateway_learns_that_a_browser_asks_and_that_it_may(string headers, string expected)
    {
        await using var gateway = await FakeGateway.StartAsync(NamesAsync);
        await using var proxy = await TestProxy.StartAsync(
            $"--Proxy:Gateways={gateway.Address}", "--Hosting:AllowedOrigins=https://console.example");

        var answer = await SendRawAsync(
            proxy.Address, "GET /a", headers.Replace("{host}", proxy.Address.Authority, StringComparison.Ordinal).Split("; "));

        Assert.EndsWith(expected, answer, StringComparison.OrdinalIgnoreCase);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("Origin: https://evil.example", 403)]
    [InlineData("Host: evil.example", 421)]
    public async Task A_gateway_gets_no_request_of_a_foreign_page(string header, int status)
    {
        await using var gateway = await FakeGateway.StartAsync(NamesAsync);
        await using var proxy = await TestProxy.StartAsync(gateway);

        foreach (var method in new[] { "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH" })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), "/v1/nodes/a");
            var (name, value) = header.Split(": ") is [var n, var v] ? (n, v) : default;
            request.Headers.TryAddWithoutValidation(name, value);
            using var answer = await proxy.Client.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal((HttpStatusCode)status, answer.StatusCode);
        }

        Assert.Equal(0, gateway.Requests);
    }

    /// <summary>The names of the headers that have arrived, and how the page is related.</summary>
    private static Task NamesAsync(HttpContext context) => context.Response.WriteAsync(
        $"[{string.Join(',', context.Request.Headers.Keys.Order(StringComparer.OrdinalIgnoreCase))}]{context.Request.Headers["Sec-Fetch-Site"]}");

    private static async Task<string> SendRawAsync(Uri server, string line, params string[] headers)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, TestContext.Current.CancellationToken);
        var close = headers.Any(header => header.StartsWith("Connection", StringComparison.Ordinal)) ? "" : "Connection: close\r\n";
        var request = $"{line} HTTP/1.1\r\nHost: {server.Authority}\r\n{string.Concat(headers.Select(header => header + "\r\n"))}{close}\r\n";
        await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(request), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(client.GetStream());
        return Unchunked(await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    private static string Unchunked(string answer) =>
        answer.Replace("\r\n0\r\n\r\n", "", StringComparison.Ordinal);
}
