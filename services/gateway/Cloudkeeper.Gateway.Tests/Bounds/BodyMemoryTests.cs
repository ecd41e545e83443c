using System.Net;
using System.Net.Sockets;
using System.Text;
using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Hosting.Memory;

namespace Cloudkeeper.Gateway.Tests.Bounds;

/// <summary>What bodies take follows the bytes that have come, and has a bound for all of them together.</summary>
[Collection(Alone.Name)]
public sealed class BodyMemoryTests
{
    private const int MiB = 1 << 20;
    private const int HeapPerRequestMax = 64 << 10;

    /// <summary>Every method and route that there is, and some that there are not.</summary>
    public static TheoryData<string, string> Routes => new()
    {
        { "PUT", "/v1/nodes/claimed" },
        { "POST", "/v1/nodes/claimed" },
        { "DELETE", "/v1/nodes/claimed" },
        { "GET", "/v1/nodes/claimed" },
        { "GET", "/v1/nodes?wait=60s" },
        { "POST", "/v1/transactions" },
        { "POST", "/v1/sessions" },
        { "POST", "/v1/sessions/1/keepalive" },
        { "POST", "/v1/sessions/keepalive" },
        { "DELETE", "/v1/sessions/1" },
        { "POST", "/v1/locks/claimed" },
        { "DELETE", "/v1/tickets/1" },
        { "POST", "/v1/cluster/members" },
        { "DELETE", "/v1/cluster/members/n9" },
        { "POST", "/v1/cluster/leader" },
        { "GET", "/v1/watch?path=/claimed" },
        { "GET", "/v1/cluster" },
        { "POST", "/v1/nowhere" },
        { "PUT", "/v1/watch" },
        { "PUT", "/v1/nodes/a//b" },
        { "POST", "/metrics" },
        { "PATCH", "/" },
    };

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task A_body_that_is_claimed_and_does_not_come_takes_no_memory(string method, string target)
    {
        await using var gateway = new GatewayFixture { ServerLimits = static limits => limits.MinRequestBodyDataRate = null };
        await gateway.InitializeAsync();
        foreach (var claim in (string[])["Content-Length: 4194304", "Content-Length: 65536", "Transfer-Encoding: chunked"])
        {
            await TakesNothingAsync(gateway, $"{method} {target} HTTP/1.1\r\nHost: localhost\r\n{claim}\r\n\r\n");
        }
    }

    [Fact]
    public async Task Over_http2_a_body_that_is_claimed_and_does_not_come_takes_no_memory()
    {
        const int Count = 900;
        await using var gateway = new GatewayFixture { ServerLimits = static limits => limits.MinRequestBodyDataRate = null };
        await gateway.InitializeAsync();
        using var client = Http2Client(gateway);
        (await client.GetAsync("/healthz", TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();
        using var leaving = new CancellationTokenSource();
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var requests = Enumerable.Range(0, Count)
            .Select(i => client.PutAsync($"/v1/nodes/claimed-{i}", new AbsentContent(MiB), leaving.Token)).ToArray();
        var metrics = gateway.Services.GetRequiredService<GatewayMetrics>();
        await Until.TrueAsync(() => metrics.RequestsUnderWay == Count);

        Assert.InRange((GC.GetTotalMemory(forceFullCollection: true) - before) / Count, long.MinValue, HeapPerRequestMax);
        await leaving.CancelAsync();
        await Until.TrueAsync(() => metrics.RequestsUnderWay == 0);
        await Until.TrueAsync(() => requests.All(static request => request.IsCompleted));
    }

    [Fact]
    public async Task All_bodies_together_have_a_bound_and_small_ones_still_get_through()
    {
        await using var gateway = await StartAsync(budgetMiB: 32);
        var budget = gateway.Services.GetRequiredService<MemoryBudget>();
        var open = new List<Socket>();
        try
        {
            // Bodies that stop a byte before their end, until there is no room for another one.
            while (budget.HasRoomFor(MemoryUse.Bodies, 4 * MiB))
            {
                var count = open.Count + 1;
                open.Add(await BeginAsync(gateway, 4 * MiB));
                await Until.TrueAsync(() => budget.UsedBy(MemoryUse.Bodies) == count * 4L * MiB);
            }

            // Refused for what it claims, before it comes.
            ShouldComeAgain(await gateway.PostAsync("/v1/transactions", new string(' ', 4 * MiB - 20) + """{"then":[]}"""));

            // Refused when it has come: nothing was claimed.
            ShouldComeAgain(await gateway.SendChunkedAsync("/v1/transactions", new string(' ', 4 * MiB - 20) + """{"then":[]}"""));
            (await gateway.PutAsync("/v1/nodes/small", new string('x', 3_000))).ShouldBe(201);
            (await gateway.GetAsync("/v1/nodes/small")).ShouldBe(200);
        }
        finally
        {
            open.ForEach(socket => socket.Dispose());
        }

        await Until.TrueAsync(() => budget.Used == 0);
        (await gateway.PutAsync("/v1/nodes/large", new string('x', MiB))).ShouldBe(201);
    }

    [Fact]
    public async Task The_memory_of_a_body_is_given_back_at_every_end_of_its_request()
    {
        await using var gateway = await StartAsync(budgetMiB: 32);
        var budget = gateway.Services.GetRequiredService<MemoryBudget>();
        (await gateway.PutAsync("/v1/nodes/value", new string('x', MiB))).ShouldBe(201);
        (await gateway.PutAsync("/v1/nodes/value", new string('x', MiB), ("If-None-Match", "*"))).ShouldBe(412, "node-exists");
        (await gateway.PutAsync("/v1/nodes/value", new string('x', MiB + 1))).ShouldBe(413, "value-too-large");
        (await gateway.SendChunkedAsync("/v1/transactions", new string('[', MiB))).ShouldBe(400, "invalid-body");
        (await gateway.SendChunkedAsync("/v1/sessions", new string(' ', MiB))).ShouldBe(413, "body-too-large");
        gateway.Nodes.HasNoQuorum = true;
        (await gateway.PutAsync("/v1/nodes/value", new string('x', MiB))).ShouldBe(503, "no-quorum");
        Assert.Equal((0, 0), (budget.Used, gateway.Services.GetRequiredService<TransferPace>().Count));
    }

    [Fact]
    public async Task A_transaction_counts_with_its_parsed_form()
    {
        await using var gateway = await StartAsync(budgetMiB: 32);
        var value = new string('x', MiB);
        var creates = Enumerable.Range(0, 3).Select(i => $$$"""{"create":{"path":"/t-{{{i}}}","value":"{{{value}}}"}}""");
        var three = $$"""{"then":[{{string.Join(',', creates)}}]}""";
        (await gateway.PostAsync("/v1/transactions", three)).ShouldBe(200);

        using var open = await BeginAsync(gateway, 4 * MiB);
        var budget = gateway.Services.GetRequiredService<MemoryBudget>();
        await Until.TrueAsync(() => budget.UsedBy(MemoryUse.Bodies) == 4 * MiB);
        ShouldComeAgain(await gateway.PostAsync("/v1/transactions", three));
    }

    [Fact]
    public async Task Over_http2_bodies_that_no_route_takes_do_not_hold_up_those_of_others()
    {
        await using var gateway = new GatewayFixture();
        await gateway.InitializeAsync();
        using var client = Http2Client(gateway);
        (await client.PutAsync("/v1/nodes/a", null, TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();

        // Together more than the connection's window: left unread, they would close it for as long as they wait.
        var waits = Enumerable.Range(0, 20).Select(_ => client.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, "/v1/nodes/a?wait=60s")
            {
                Content = new ByteArrayContent(new byte[MiB]),
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            },
            TestContext.Current.CancellationToken)).ToArray();
        await Until.TrueAsync(() => gateway.Nodes.ReadCount + gateway.Nodes.ReadIndexCount >= 20);
        Assert.DoesNotContain(waits, static wait => wait.IsCompleted);

        var put = client.PutAsync("/v1/nodes/a", new ByteArrayContent(new byte[MiB]), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, (await put.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken)).StatusCode);
        Assert.All(await Task.WhenAll(waits), static wait => Assert.Equal(HttpStatusCode.OK, wait.StatusCode));
    }

    private static void ShouldComeAgain(Answer answer)
    {
        answer.ShouldBe(503, "overloaded");
        Assert.Equal("1", answer.Headers["Retry-After"]);
    }

    private static async Task TakesNothingAsync(GatewayFixture gateway, string head)
    {
        const int Count = 100;
        var bytes = Encoding.ASCII.GetBytes(head);
        var sockets = new List<Socket>();
        var metrics = gateway.Services.GetRequiredService<GatewayMetrics>();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        try
        {
            for (var i = 0; i < Count; i++)
            {
                sockets.Add(await ConnectAsync(gateway));
                await sockets[i].SendAsync(bytes);
            }

            // Each has been answered, or is waited for.
            await Until.TrueAsync(() => metrics.RequestsUnderWay + sockets.Count(static socket => socket.Available > 0) >= Count);
            Assert.InRange((GC.GetTotalMemory(forceFullCollection: true) - before) / Count, long.MinValue, HeapPerRequestMax);
            Assert.Equal(0, gateway.Services.GetRequiredService<MemoryBudget>().Used);
        }
        finally
        {
            sockets.ForEach(static socket => socket.Dispose());
        }

        await Until.TrueAsync(() => metrics.RequestsUnderWay == 0);
    }

    /// <summary>Sends a transaction but for its last byte.</summary>
    private static async Task<Socket> BeginAsync(GatewayFixture gateway, int length)
    {
        var socket = await ConnectAsync(gateway);
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/transactions HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n"));
        await socket.SendAsync(new byte[length - 1]);
        return socket;
    }

    private static async Task<Socket> ConnectAsync(GatewayFixture gateway)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(gateway.Address.Host, gateway.Address.Port);
        return socket;
    }

    private static async Task<GatewayFixture> StartAsync(int budgetMiB)
    {
        var gateway = new GatewayFixture
        {
            Settings = new Dictionary<string, string?> { ["Hosting:InFlightBytesMax"] = $"{(long)budgetMiB * MiB}" },
        };
        await gateway.InitializeAsync();
        return gateway;
    }

    private static HttpClient Http2Client(GatewayFixture gateway) => new()
    {
        BaseAddress = gateway.Address,
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>A body of which nothing ever comes.</summary>
    private sealed class AbsentContent(long length) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(
            Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.FlushAsync(cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        protected override bool TryComputeLength(out long computed)
        {
            computed = length;
            return true;
        }
    }
}
