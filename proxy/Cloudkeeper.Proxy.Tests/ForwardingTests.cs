using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Cloudkeeper.Proxy.Tests;

public sealed class ForwardingTests
{
    [Theory(Timeout = 30_000)]
    [InlineData("/v1/nodes/a%2Fb")]
    [InlineData("/v1/nodes/a%2fb")]
    [InlineData("/v1/nodes/%2e%2e/a")]
    [InlineData("/v1/nodes/a/%2E/b")]
    [InlineData("/v1/nodes//a//b/")]
    [InlineData("/v1/nodes/../a/./b")]
    [InlineData("/v1/nodes/k%C3%A4se")]
    [InlineData("/v1/nodes/%e2%82%ac")]
    [InlineData("/v1/nodes/%ff%fe")]
    [InlineData("/v1/nodes/a+b%2Bc%20d")]
    [InlineData("/v1/nodes/a%25b%252F")]
    [InlineData("/v1/nodes/a;b=c,d@e:f&g$h!i'j(k)l*m~n")]
    [InlineData("/v1/nodes/a\\b|c^d`e{f}g\"h<i>j[k]")]
    [InlineData("/v1/watch?path=/a%2Fb&path=%2e%2e&x=+%20&y=k%C3%A4se&&=?/:@")]
    [InlineData("/v1/nodes/a?")]
    [InlineData("//")]
    public async Task The_target_reaches_the_gateway_as_the_client_wrote_it(string target)
    {
        await using var gateway = await FakeGateway.StartAsync(
            context => context.Response.WriteAsync($"[{FakeGateway.RawTarget(context)}]"));
        await using var proxy = await TestProxy.StartAsync(gateway);

        var straight = await SendRawAsync(new Uri(gateway.Address), target);
        var through = await SendRawAsync(proxy.Address, target);

        Assert.Contains($"[{target}]", straight, StringComparison.Ordinal);
        Assert.Contains($"[{target}]", through, StringComparison.Ordinal);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("/v1/nodes/%00")]
    [InlineData("/v1/nodes/a%00b")]
    [InlineData("/v1/nodes/k\u00e4se")]
    public async Task A_refusal_of_the_web_server_is_the_same_straight_and_through_the_proxy(string target)
    {
        await using var gateway = await FakeGateway.StartAsync(FakeGateway.Say("reached"));
        await using var proxy = await TestProxy.StartAsync(gateway);

        Assert.StartsWith("HTTP/1.1 400 ", await SendRawAsync(new Uri(gateway.Address), target), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 400 ", await SendRawAsync(proxy.Address, target), StringComparison.Ordinal);
        Assert.Equal(0, gateway.Requests);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_long_target_and_text_in_headers_reach_the_gateway_as_the_client_wrote_them()
    {
        await using var gateway = await FakeGateway.StartAsync(
            context => context.Response.WriteAsync($"{FakeGateway.RawTarget(context)} {context.Request.Headers["X-Name"]}", Encoding.UTF8));
        await using var proxy = await TestProxy.StartAsync(gateway);
        await proxy.UntilReadyAsync(1);
        var target = "/v1/watch?path=/".PadRight(20_000, 'x');

        var through = await SendRawAsync(proxy.Address, target, "X-Name: k\u00e4se \u20ac");

        Assert.Contains($"{target} k\u00e4se \u20ac", through, StringComparison.Ordinal);
        await proxy.UntilReadyAsync(1);
    }

    [Fact(Timeout = 30_000)]
    public async Task Requests_go_upstream_as_http_2_with_the_clients_headers_and_no_others()
    {
        await using var gateway = await FakeGateway.StartAsync(context => context.Response.WriteAsync(
            context.Request.Protocol + " " + context.Request.Host + " " + string.Join(
                ',', context.Request.Headers.Select(header => $"{header.Key}={header.Value}").Order(StringComparer.Ordinal))));
        await using var proxy = await TestProxy.StartAsync(gateway);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/nodes/a");
        request.Headers.Add("idempotency-key", "k1");

        using var response = await proxy.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal("HTTP/2 cloudkeeper.localhost Host=cloudkeeper.localhost,idempotency-key=k1",
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 30_000)]
    public async Task Status_headers_and_body_of_an_answer_come_back_unchanged()
    {
        await using var gateway = await FakeGateway.StartAsync(async context =>
        {
            context.Response.StatusCode = 412;
            context.Response.Headers.ETag = "\"17\"";
            context.Response.Headers["Cloudkeeper-Revision"] = "17";
            context.Response.ContentType = "application/problem+json";
            await context.Request.Body.CopyToAsync(context.Response.Body);
        });
        await using var proxy = await TestProxy.StartAsync(gateway);
        var body = Enumerable.Range(0, 1 << 20).Select(i => (byte)i).ToArray();

        using var response = await proxy.Client.PutAsync(
            "/v1/nodes/a", new ByteArrayContent(body), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.PreconditionFailed, response.StatusCode);
        Assert.Equal("\"17\"", response.Headers.ETag?.Tag);
        Assert.Equal("17", response.Headers.GetValues("Cloudkeeper-Revision").Single());
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(body, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 30_000)]
    public async Task The_headers_of_a_stream_pass_before_its_first_event()
    {
        await using var gateway = await FakeGateway.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers["Cloudkeeper-Revision"] = "17";
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        await using var proxy = await TestProxy.StartAsync(gateway);

        using var answer = await proxy.Client.GetAsync(
            "/v1/watch", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal("17", answer.Headers.GetValues("Cloudkeeper-Revision").Single());
    }

    [Fact(Timeout = 30_000)]
    public async Task Each_event_of_a_stream_passes_before_the_next_is_written()
    {
        using var go = new SemaphoreSlim(0);
        await using var gateway = await FakeGateway.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            for (var i = 0; i < 3; i++)
            {
                await context.Response.WriteAsync($"data: {i}\n\n");
                await context.Response.Body.FlushAsync();
                await go.WaitAsync(context.RequestAborted);
            }
        });
        await using var proxy = await TestProxy.StartAsync(gateway);

        await using var stream = await proxy.Client.GetStreamAsync("/v1/watch", TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal($"data: {i}", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
            Assert.Equal("", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
            go.Release();
        }

        Assert.Null(await reader.ReadLineAsync(TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_client_that_leaves_is_gone_for_the_gateway_too()
    {
        using var left = new SemaphoreSlim(0);
        await using var gateway = await FakeGateway.StartAsync(async context =>
        {
            context.RequestAborted.Register(() => left.Release());
            await context.Response.WriteAsync("data: 1\n\n");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await using var proxy = await TestProxy.StartAsync(gateway);

        await using (await proxy.Client.GetStreamAsync("/v1/watch", TestContext.Current.CancellationToken))
        {
        }

        await left.WaitAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<string> SendRawAsync(Uri server, string target, string header = "X-Any: 1")
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, TestContext.Current.CancellationToken);
        var request = $"GET {target} HTTP/1.1\r\nHost: {server.Authority}\r\n{header}\r\nConnection: close\r\n\r\n";
        await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(request), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
