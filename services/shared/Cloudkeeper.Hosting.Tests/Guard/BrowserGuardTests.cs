using Cloudkeeper.Hosting.Security;
using System.Net;
using System.Net.Sockets;

namespace Cloudkeeper.Hosting.Tests.Guard;

public sealed class BrowserGuardTests
{
    [Theory]
    [InlineData("GET /request HTTP/1.1\r\nHost: evil.example\r\n")]
    [InlineData("POST /request HTTP/1.1\r\nHost: rebind.evil.example:{port}\r\nContent-Length: 0\r\n")]
    [InlineData("OPTIONS /request HTTP/1.1\r\nHost: evil.example\r\n")]
    [InlineData("GET /metrics HTTP/1.1\r\nHost: evil.example\r\n")]
    [InlineData("GET /nothing HTTP/1.1\r\nHost: evil.example\r\n")]
    [InlineData("GET /request HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n")]
    [InlineData("GET /request HTTP/1.1\r\nHost:\r\n")]
    [InlineData("GET /request HTTP/1.0\r\nHost: evil.example\r\n")]
    [InlineData("GET http://evil.example/request HTTP/1.1\r\nHost: evil.example\r\n")]
    public async Task A_host_of_others_is_refused_with_a_document(string request)
    {
        await using var host = await TestHost.StartAsync();

        var answer = await ExchangeAsync(host, request);

        Assert.Equal(421, answer.Status);
        Assert.True(answer.Has("Content-Type: application/problem+json"), answer.Head);
        Assert.Contains("\"code\":\"misdirected-host\"", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host: localhost\r\nHost: localhost\r\n")]
    [InlineData("Host: localhost\r\nHost: evil.example\r\n")]
    [InlineData("X-Other: 1\r\n")]
    public async Task The_web_server_refuses_two_hosts_and_none(string headers)
    {
        await using var host = await TestHost.StartAsync();
        Assert.Equal(400, (await ExchangeAsync(host, "GET /request HTTP/1.1\r\n" + headers)).Status);
    }

    [Fact]
    public async Task A_program_of_the_old_days_need_not_name_a_host()
    {
        await using var host = await TestHost.StartAsync();
        Assert.Equal(200, (await ExchangeAsync(host, "GET /request HTTP/1.0\r\n")).Status);
        Assert.Equal(403, (await ExchangeAsync(host, "GET /request HTTP/1.0\r\nOrigin: http://localhost\r\n")).Status);
    }

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    public async Task A_probe_may_name_any_host_but_comes_from_no_page(string route)
    {
        await using var host = await TestHost.StartAsync();
        Assert.Equal(200, (await ExchangeAsync(host, $"GET {route} HTTP/1.1\r\nHost: node1.example\r\n")).Status);
        Assert.Equal(200, (await ExchangeAsync(host, $"GET {route} HTTP/1.0\r\n")).Status);
        Assert.Equal(403, (await ExchangeAsync(host, $"GET {route} HTTP/1.1\r\nHost: node1.example\r\nOrigin: http://a\r\n")).Status);
    }

    [Theory]
    [InlineData("--Gateway:AdvertisedAddress=http://here.example:7100", "here.example:5")]
    [InlineData("--Node:Members=1=http://node1:7000", "node1:7000")]
    [InlineData("--Hosting:AllowedHosts=proxy, *.example.org", "proxy:8080")]
    [InlineData("--Hosting:AllowedHosts=proxy, *.example.org", "a.example.org")]
    public async Task A_host_that_a_setting_names_is_accepted(string setting, string name)
    {
        await using var host = await TestHost.StartAsync(args: setting);
        Assert.Equal(200, (await ExchangeAsync(host, $"GET /request HTTP/1.1\r\nHost: {name}\r\n")).Status);
    }

    [Theory]
    [InlineData("localhost", HttpStatusCode.OK)]
    [InlineData("evil.example", HttpStatusCode.MisdirectedRequest)]
    public async Task The_authority_of_a_request_over_http_2_is_its_host(string name, HttpStatusCode expected)
    {
        await using var host = await TestHost.StartAsync();
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(host.Address, "/request"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Headers = { Host = name },
        };

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task A_page_of_another_origin_is_refused_before_its_body_has_come()
    {
        await using var host = await TestHost.StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, host.Address.Port, TestContext.Current.CancellationToken);

        await client.GetStream().WriteAsync(
            "POST /request HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\nContent-Length: 5\r\n\r\n"u8.ToArray(),
            TestContext.Current.CancellationToken);

        using var reader = new StreamReader(client.GetStream());
        Assert.Equal("HTTP/1.1 403 Forbidden", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("GET http://localhost:{port}/request HTTP/1.1\r\nHost: localhost:{port}\r\n", 400, "invalid-path")]
    [InlineData("CONNECT localhost:{port} HTTP/1.1\r\nHost: localhost:{port}\r\n", 405, "method-not-allowed")]
    public async Task A_target_that_is_no_path_is_refused(string request, int status, string code)
    {
        await using var host = await TestHost.StartAsync();

        var answer = await ExchangeAsync(host, request);

        Assert.Equal(status, answer.Status);
        Assert.Contains($"\"code\":\"{code}\"", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whether_the_server_is_there_can_be_asked()
    {
        await using var host = await TestHost.StartAsync();
        Assert.Equal(204, (await ExchangeAsync(host, "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n")).Status);
    }

    [Theory]
    [InlineData("GET", "/request", 200)]
    [InlineData("GET", "/healthz", 200)]
    [InlineData("HEAD", "/readyz", 200)]
    [InlineData("GET", "/metrics", 200)]
    [InlineData("GET", "/nothing", 404)]
    [InlineData("POST", "/healthz", 405)]
    [InlineData("GET", "/cleared", 409)]
    [InlineData("GET", "http://localhost/request", 400)]
    public async Task Every_answer_forbids_browsers_and_caches_to_keep_or_reuse_it(string method, string target, int status)
    {
        await using var host = await TestHost.StartAsync();
        host.App.MapGet("/cleared", (HttpContext context) =>
        {
            context.Response.Clear();
            context.Response.StatusCode = 409;
        });

        var answer = await ExchangeAsync(host, $"{method} {target} HTTP/1.1\r\nHost: localhost\r\n");

        Assert.Equal(status, answer.Status);
        Assert.True(answer.Has("X-Content-Type-Options: nosniff"), answer.Head);
        Assert.True(answer.Has("Cross-Origin-Resource-Policy: same-origin"), answer.Head);
        Assert.True(answer.Has("Cross-Origin-Opener-Policy: same-origin"), answer.Head);
        Assert.True(answer.Has("Content-Security-Policy: sandbox"), answer.Head);
        Assert.True(answer.Has("Referrer-Policy: no-referrer"), answer.Head);
        Assert.Contains("\r\nCache-Control: no-", answer.Head, StringComparison.Ordinal);
        Assert.DoesNotContain("Vary", answer.Head, StringComparison.Ordinal);
        Assert.DoesNotContain("Access-Control", answer.Head, StringComparison.Ordinal);
    }

    /// <summary>Headers that no receiver reads cost both sides, and proxies set their own.</summary>
    [Fact]
    public async Task Answers_between_services_have_no_headers_for_browsers()
    {
        await using var host = await TestHost.StartAsync();
        using var service = Http2Client.Create(host.Address);
        Assert.Empty(await AdviceAsync(service));

        service.DefaultRequestHeaders.Host = "localhost";
        Assert.Equal(5, (await AdviceAsync(service)).Count);

        using var client = new HttpClient { BaseAddress = host.Address, DefaultRequestHeaders = { Host = Http2Client.Authority } };
        Assert.Equal(5, (await AdviceAsync(client)).Count);

        // A browser shows what a user has typed into its own dialog, or has put into the address.
        client.DefaultRequestHeaders.Authorization = new("Basic", "Cloudkeeper");
        Assert.Equal(5, (await AdviceAsync(client)).Count);

        // So ask gateways what a read has to reflect.
        client.DefaultRequestHeaders.Authorization = new(ClusterKey.Scheme, "a2V5");
        Assert.Empty(await AdviceAsync(client));
        client.DefaultRequestHeaders.Host = "localhost";
        Assert.Equal(5, (await AdviceAsync(client)).Count);
    }

    [Fact]
    public async Task A_client_over_http_2_does_not_choose_the_scheme()
    {
        await using var host = await TestHost.StartAsync();

        var answer = await RawHttp2.GetAsync(host.Address, "/request", scheme: "https", authority: "localhost");

        Assert.Contains("HTTP/2 http False GET /request", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_of_an_allowed_origin_may_ask_and_read()
    {
        await using var host = await TestHost.StartAsync(args: "--Hosting:AllowedOrigins=https://console.example");
        const string Origin = "Host: localhost\r\nOrigin: https://console.example\r\nSec-Fetch-Site: cross-site\r\n";

        var question = await ExchangeAsync(host, $"OPTIONS /request HTTP/1.1\r\n{Origin}Access-Control-Request-Method: PUT\r\n");
        var answer = await ExchangeAsync(host, $"GET /request HTTP/1.1\r\n{Origin}");
        var other = await ExchangeAsync(host, "GET /request HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\n");
        var program = await ExchangeAsync(host, "GET /request HTTP/1.1\r\nHost: localhost\r\n");

        Assert.Equal(204, question.Status);
        Assert.Contains("\r\nAccess-Control-Allow-Methods: GET, HEAD, PUT, POST, DELETE\r\n", question.Head, StringComparison.Ordinal);
        Assert.Contains("\r\nAccess-Control-Allow-Headers: Authorization, Content-Type,", question.Head, StringComparison.Ordinal);
        Assert.Equal(200, answer.Status);
        Assert.Equal(403, other.Status);
        Assert.All([question, answer], allowed => Assert.True(allowed.Has("Access-Control-Allow-Origin: https://console.example"), allowed.Head));
        Assert.All([other, program], not => Assert.DoesNotContain("Access-Control", not.Head, StringComparison.Ordinal));
        Assert.All([question, answer, other, program], each => Assert.True(each.Has("Vary: Origin"), each.Head));
        Assert.All([question, answer, other], each => Assert.DoesNotContain("Credentials", each.Head, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("AllowedHosts=http://a")]
    [InlineData("AllowedHosts=a:80")]
    [InlineData("AllowedHosts=*")]
    [InlineData("AllowedHosts=a, b/c")]
    [InlineData("AllowedOrigins=*")]
    [InlineData("AllowedOrigins=null")]
    [InlineData("AllowedOrigins=console.example")]
    [InlineData("AllowedOrigins=https://console.example/")]
    [InlineData("AllowedOrigins=https://console.example:443")]
    [InlineData("AllowedOrigins=https://Console.example")]
    public async Task A_setting_that_cannot_be_meant_stops_the_start(string setting)
    {
        var error = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(
            () => TestHost.StartAsync(args: $"--Hosting:{setting}"));
        Assert.Contains($"Hosting:{setting.Split('=')[0]}: ", error.Message, StringComparison.Ordinal);
    }

    private static Task<RawAnswer> ExchangeAsync(TestHost host, string request) => RawAnswer.ExchangeAsync(
        host.Address,
        request.Replace("{port}", $"{host.Address.Port}", StringComparison.Ordinal)
            + (request.Contains("Connection:", StringComparison.Ordinal) ? "" : "Connection: close\r\n") + "\r\n");

    /// <summary>What an answer has of the headers that are for browsers and caches.</summary>
    private static async Task<List<string>> AdviceAsync(HttpClient client)
    {
        string[] names = ["X-Content-Type-Options", "Cross-Origin-Resource-Policy", "Referrer-Policy", "Cache-Control", "Content-Security-Policy"];
        using var answer = await client.GetAsync("/request", TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
        return [.. names.Where(name => answer.Headers.Contains(name))];
    }
}
