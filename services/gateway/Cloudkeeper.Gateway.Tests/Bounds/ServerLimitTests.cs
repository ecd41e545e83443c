using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Gateway.Tests.Watches;
using Cloudkeeper.Hosting.Memory;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Cloudkeeper.Gateway.Tests.Bounds;

/// <summary>What a connection may be, over bare sockets, with the web server's times made shorter.</summary>
public sealed class ServerLimitTests : IAsyncLifetime
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1.1);

    private readonly GatewayFixture _gateway = new()
    {
        ServerLimits = limits =>
        {
            limits.RequestHeadersTimeout = Short;
            limits.MinRequestBodyDataRate = new MinDataRate(1_000, Short);
        },
        AnswerRule = new PaceRule(100_000_000, 0, Short, TimeSpan.FromMinutes(1)),
    };

    public ValueTask InitializeAsync() => _gateway.InitializeAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Theory]
    [InlineData("Content-Length: 100\r\n\r\nslow")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n4\r\nslow\r\n")]
    public async Task A_body_that_does_not_come_is_a_problem_document(string rest)
    {
        var answer = await ExchangeAsync($"PUT /v1/nodes/slow HTTP/1.1\r\nHost: localhost\r\n{rest}");
        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"request-timeout\"", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PUT", "/v1/nodes/slow")]
    [InlineData("POST", "/v1/transactions")]
    [InlineData("PUT", "/v1/nodes/a//b")]
    public async Task Over_http2_a_slow_body_ends_its_own_stream_and_not_the_connection_of_others(string method, string target)
    {
        using var client = new HttpClient(new SocketsHttpHandler { EnableMultipleHttp2Connections = false })
        {
            BaseAddress = _gateway.Address,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        (await client.PutAsync("/v1/nodes/other", null, TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();
        using var body = new SlowContent();
        var other = client.GetAsync("/v1/nodes/other?wait=60s", TestContext.Current.CancellationToken);
        using var request = new HttpRequestMessage(new HttpMethod(method), target) { Content = body };
        (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);

        // Whether its answer is there first or the end of its stream: the server does not wait for such a body for
        // long.
        var slow = client.SendAsync(request, TestContext.Current.CancellationToken);
        var answer = await Record.ExceptionAsync(() => slow) is null ? (await slow).StatusCode : default;
        Assert.True(answer is HttpStatusCode.RequestTimeout or HttpStatusCode.BadRequest or default(HttpStatusCode), $"{answer}");

        Assert.False(other.IsCompleted);
        await client.PutAsync("/v1/nodes/other", null, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, (await other).StatusCode);
        body.GoOn();
    }

    [Fact]
    public async Task Over_http2_a_body_that_comes_in_time_is_taken_however_long_it_takes()
    {
        using var client = new HttpClient
        {
            BaseAddress = _gateway.Address,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var body = new SlowContent { Parts = 20, PartBytes = 2_000, Pause = Short / 5 };
        body.GoOn();
        using var answer = await client.PutAsync("/v1/nodes/steady", body, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET /v1/nodes HTTP/1.1\r\nHost: localhost\r\nX-")]
    [InlineData("PRI * HTTP/2.0\r\n\r\n")]
    public async Task Headers_that_do_not_come_end_the_connection(string begun)
    {
        // A silent client may keep the connection for a while: it is idle, and costs little.
        if (begun.Length > 0)
        {
            var answer = await ExchangeAsync(begun);
            Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 408 ", StringComparison.Ordinal), answer);
        }

        (await _gateway.GetAsync("/v1/nodes")).ShouldBe(200);
    }

    [Fact]
    public async Task A_chunked_body_without_end_is_refused_at_the_limit_and_cut_off()
    {
        using var socket = await ConnectAsync();
        await socket.SendAsync("PUT /v1/nodes/endless HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray());
        var chunk = Encoding.ASCII.GetBytes("10000\r\n" + new string('x', 0x10000) + "\r\n");
        var sent = 0;
        try
        {
            while (sent < 64 << 20)
            {
                sent += await socket.SendAsync(chunk);
            }

            Assert.Fail("The server accepts any amount.");
        }
        catch (SocketException)
        {
            // Cut off, at some time behind the limit.
        }

        (await _gateway.GetAsync("/v1/nodes/endless")).ShouldBe(404, "node-not-found");
    }

    [Fact]
    public async Task A_watcher_that_reads_nothing_does_not_take_others_on_its_connection_along()
    {
        using var client = new HttpClient
        {
            BaseAddress = _gateway.Address,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var slow = await WatchAsync(client);
        using var quick = await WatchAsync(client);
        using var reader = new StreamReader(await quick.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));

        // Far beyond the time of grace, and beyond what fits into the slow one's window.
        var began = Stopwatch.GetTimestamp();
        for (var count = 0; count < 200 || Stopwatch.GetElapsedTime(began) < 5 * Short; count++)
        {
            var put = await _gateway.PutAsync("/v1/nodes/a", new string('x', 1_000));
            WatchedEvent item;
            do
            {
                item = (await EventReader.ReadAsync(reader))!;
            }
            while (item.Name == "progress");
            Assert.Equal(put.Revision, item.Revision);
        }
    }

    [Fact]
    public async Task A_request_line_beyond_every_limit_is_refused_by_the_web_server_alone()
    {
        var answer = await ExchangeAsync($"GET /v1/nodes?x={new string('x', 100_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 414 ", answer, StringComparison.Ordinal);
        answer = await ExchangeAsync("GET /v1/nodes/a%00b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> WatchAsync(HttpClient client) => client.GetAsync(
        "/v1/watch?path=/a&values=true", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

    private async Task<string> ExchangeAsync(string request)
    {
        var answer = new MemoryStream();
        try
        {
            using var socket = await ConnectAsync();
            using var stream = new NetworkStream(socket);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
            await stream.CopyToAsync(answer);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // Reset: behind its answer, because of what it has not read, or at once.
        }

        return Encoding.ASCII.GetString(answer.ToArray());
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_gateway.Address.Host, _gateway.Address.Port);
        return socket;
    }

    /// <summary>A body that begins, and goes on only when the test lets it, at its own pace.</summary>
    private sealed class SlowContent : HttpContent
    {
        private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Parts { get; init; } = 1;

        public int PartBytes { get; init; } = 10;

        public TimeSpan Pause { get; init; }

        public void GoOn() => _goOn.TrySetResult();

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(
            Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync("begun"u8.ToArray(), cancellationToken);
            await stream.FlushAsync(cancellationToken);
            await _goOn.Task.WaitAsync(cancellationToken);
            for (var i = 0; i < Parts; i++)
            {
                await Task.Delay(Pause, cancellationToken);
                await stream.WriteAsync(new byte[PartBytes], cancellationToken);
                await stream.FlushAsync(cancellationToken);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
