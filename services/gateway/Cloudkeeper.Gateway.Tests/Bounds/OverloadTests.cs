using System.Net;
using System.Net.Sockets;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Gateway.Tests.Upstream;
using Cloudkeeper.Gateway.Tests.Watches;
using Cloudkeeper.Gateway.Watches;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Gateway.Tests.Bounds;

/// <summary>How many of each kind there may be at a time: beyond it a refusal with Retry-After.</summary>
public sealed class OverloadTests
{
    [Fact]
    public async Task A_gateway_has_so_many_watches_and_each_session_fewer()
    {
        await using var gateway = await StartAsync(("Gateway:WatchesMax", "3"), ("Gateway:WatchesPerSessionMax", "1"));
        var session = await gateway.OpenSessionAsync();
        await using var ofSession = await WatchClient.OpenAsync(gateway, $"path=/a&session={session}");
        ShouldComeAgain(await gateway.GetAsync($"/v1/watch?path=/a&session={session}"), 429, "too-many-requests");
        await using var second = await WatchClient.OpenAsync(gateway, "path=/a");
        var third = await WatchClient.OpenAsync(gateway, "path=/a");
        ShouldComeAgain(await gateway.GetAsync("/v1/watch?path=/a"), 503, "overloaded");

        // A watch that ends makes room, and so does one that was refused behind its place.
        await third.DisposeAsync();
        var slots = gateway.Services.GetRequiredService<WatchSlots>();
        await Until.TrueAsync(() => slots.Count == 2);
        (await gateway.GetAsync("/v1/watch?path=/a&session=4711")).ShouldBe(404, "session-not-found");
        Assert.Equal(2, slots.Count);
    }

    [Fact]
    public async Task Long_polls_of_every_kind_share_one_limit()
    {
        await using var gateway = await StartAsync(("Gateway:WaitsMax", "4"));
        var slots = gateway.Services.GetRequiredService<WaitSlots>();
        (await gateway.PutAsync("/v1/nodes/a")).ShouldBe(201);
        (await gateway.PostAsync("/v1/locks/l", """{"ttl":"1h"}""")).ShouldBe(200);
        var queued = (await gateway.PostAsync("/v1/locks/l", """{"ttl":"1h"}""")).ShouldBe(202);
        var ticket = queued.Json.GetProperty("ticket").GetInt64();
        Func<Task<Answer>>[] waits =
        [
            () => gateway.GetAsync("/v1/nodes/a?wait=60s"),
            () => gateway.GetAsync("/v1/nodes/a?view=children&wait=60s"),
            () => gateway.GetAsync($"/v1/tickets/{ticket}?wait=60s"),
            () => gateway.PostAsync("/v1/locks/l", """{"ttl":"1h","wait":"60s"}"""),
        ];
        var waiting = waits.Select(static wait => wait()).ToList();
        await Until.TrueAsync(() => slots.Count == 4);

        var before = (await gateway.GetAsync("/v1/locks/l")).Json.GetProperty("waiting").GetArrayLength();
        foreach (var wait in waits)
        {
            ShouldComeAgain(await wait(), 503, "overloaded");
        }

        // Refused before anything was done; and what does not wait needs no slot.
        Assert.Equal(before, (await gateway.GetAsync("/v1/locks/l")).Json.GetProperty("waiting").GetArrayLength());
        (await gateway.GetAsync("/v1/nodes/a")).ShouldBe(200);
        (await gateway.GetAsync("/v1/nodes/a?after=0")).ShouldBe(200);
        (await gateway.GetAsync($"/v1/tickets/{ticket}")).ShouldBe(200);
        (await gateway.PostAsync("/v1/locks/l", """{"ttl":"1h"}""")).ShouldBe(202);
        Assert.DoesNotContain(waiting, static wait => wait.IsCompleted);

        // A wait that is answered makes room, and so does one that is refused behind its slot.
        (await gateway.PutAsync("/v1/nodes/a", "x")).ShouldBe(200);
        (await waiting[0]).ShouldBe(200);
        await Until.TrueAsync(() => slots.Count == 3);
        (await gateway.GetAsync("/v1/nodes/a?wait=60s&session=4711")).ShouldBe(404, "session-not-found");
        (await gateway.GetAsync("/v1/tickets/4711?wait=60s")).ShouldBe(404, "ticket-not-found");
        await Until.TrueAsync(() => slots.Count == 3);
    }

    [Fact]
    public async Task A_cluster_has_so_many_sessions()
    {
        await using var gateway = await StartAsync(new StateMachineOptions { SessionsMax = 2 });
        (await gateway.PostAsync("/v1/sessions")).ShouldBe(201);
        (await gateway.PostAsync("/v1/sessions")).ShouldBe(201);
        ShouldComeAgain(await gateway.PostAsync("/v1/sessions"), 503, "overloaded");
    }

    [Fact]
    public async Task A_cluster_keeps_so_many_idempotency_keys()
    {
        await using var gateway = await StartAsync(new StateMachineOptions { IdempotencyKeysMax = 2 });
        (await gateway.PutAsync("/v1/nodes/a", "", ("Idempotency-Key", "1"))).ShouldBe(201);
        (await gateway.PutAsync("/v1/nodes/a", "", ("Idempotency-Key", "2"))).ShouldBe(200);
        ShouldComeAgain(await gateway.PutAsync("/v1/nodes/a", "", ("Idempotency-Key", "3")), 503, "overloaded");
        Assert.Equal("true", (await gateway.PutAsync("/v1/nodes/a", "", ("Idempotency-Key", "2"))).Headers["Idempotent-Replayed"]);
        (await gateway.PutAsync("/v1/nodes/a")).ShouldBe(200);
    }

    [Fact]
    public async Task A_leader_with_too_many_proposals_makes_the_client_come_again()
    {
        var cluster = new ScriptedCluster();
        await using var gateway = new GatewayFixture
        {
            Transport = cluster,
            Settings = new Dictionary<string, string?>
            {
                ["Gateway:Nodes"] = string.Join(',', ScriptedCluster.Nodes.Select(node => node.ToString())),
                ["Gateway:RequestTimeout"] = "00:00:00.5",
            },
        };
        await gateway.InitializeAsync();
        (await gateway.PutAsync("/v1/nodes/a", "1")).ShouldBe(201);
        cluster.Decide = _ => Fate.Busy;
        ShouldComeAgain(await gateway.PutAsync("/v1/nodes/a", "2"), 503, "overloaded");

        // It is certain that nothing was done.
        cluster.Decide = _ => Fate.Answered;
        Assert.Equal("1", (await gateway.GetAsync("/v1/nodes/a")).Text);
    }

    [Theory]
    [InlineData("Hosting:MaxConnections", 10)]
    [InlineData("Hosting:MaxConnectionsPerAddress", 10)]
    public async Task A_connection_too_many_is_closed_at_once(string setting, int most)
    {
        await using var gateway = await StartAsync((setting, $"{most}"));
        using var own = gateway.Client;
        var open = new List<Socket>();
        try
        {
            // The one that the fixture's client keeps counts as well.
            (await gateway.GetAsync("/v1/nodes")).ShouldBe(200);
            while (open.Count < most - 1)
            {
                open.Add(new Socket(SocketType.Stream, ProtocolType.Tcp));
                Assert.True(await IsServedAsync(open[^1], gateway));
            }

            using var refused = new Socket(SocketType.Stream, ProtocolType.Tcp);
            Assert.False(await IsServedAsync(refused, gateway));
            open[0].Dispose();
            await Until.TrueAsync(async () =>
            {
                using var next = new Socket(SocketType.Stream, ProtocolType.Tcp);
                return await IsServedAsync(next, gateway);
            });
        }
        finally
        {
            open.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task An_http2_connection_has_so_many_streams()
    {
        await using var gateway = await StartAsync(("Hosting:MaxStreamsPerConnection", "2"));
        using var client = new HttpClient
        {
            BaseAddress = gateway.Address,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var first = await WatchAsync(client);
        using var second = await WatchAsync(client);
        var third = WatchAsync(client);
        (await gateway.PutAsync("/v1/nodes/a")).ShouldBe(201);
        Assert.False(third.IsCompleted);
        first.Dispose();
        (await third).Dispose();
    }

    private static void ShouldComeAgain(Answer answer, int status, string code)
    {
        answer.ShouldBe(status, code);
        Assert.Equal("1", answer.Headers["Retry-After"]);
    }

    private static Task<HttpResponseMessage> WatchAsync(HttpClient client) =>
        client.GetAsync("/v1/watch?path=/a", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

    /// <summary>Connects and asks: a connection too many is closed or reset at any time in between.</summary>
    private static async Task<bool> IsServedAsync(Socket socket, GatewayFixture gateway)
    {
        try
        {
            await socket.ConnectAsync(gateway.Address.Host, gateway.Address.Port);
            await socket.SendAsync("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
            return await socket.ReceiveAsync(new byte[1_024]) > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static Task<GatewayFixture> StartAsync(params (string Key, string Value)[] settings) =>
        StartAsync(StateMachineOptions.Default, settings);

    private static async Task<GatewayFixture> StartAsync(
        StateMachineOptions options, params (string Key, string Value)[] settings)
    {
        var gateway = new GatewayFixture
        {
            Nodes = new TreeNodes(options),
            Settings = settings.ToDictionary(setting => setting.Key, string? (setting) => setting.Value),
        };
        await gateway.InitializeAsync();
        return gateway;
    }
}
