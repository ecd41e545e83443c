using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Cloudkeeper.Gateway.Tests.Cluster;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Hosting.Memory;

namespace Cloudkeeper.Gateway.Tests.Bounds;

/// <summary>
/// Clients that ask for much and take little of it: what they keep, how they end, and whether others notice.
/// </summary>
public sealed class SlowReaderTests
{
    private const int MiB = 1 << 20;

    /// <summary>What a pipe, a window and a part hold beyond what an answer is made of.</summary>
    private const int SlackBytes = 2 * AnswerPace.PartBytes;

    private static readonly PaceRule Never = new(0, 0, TimeSpan.FromHours(1), TimeSpan.FromHours(1));

    /// <summary>
    /// No client reads so fast: every transfer that waits is ended, as soon as the time of grace is over.
    /// </summary>
    private static readonly PaceRule AtOnce = new(1e12, 1e12, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));

    /// <summary>Every kind of answer that can be larger than what fits between the two.</summary>
    private static readonly (string Method, string Target, string Body)[] Kinds =
    [
        ("GET", "/v1/nodes/big/0", ""),
        ("GET", "/v1/nodes/big/0?format=json", ""),
        ("GET", "/v1/nodes/big?view=children&values=true", ""),
        ("GET", "/v1/nodes/big?view=children&values=true&wait=60s&after=0", ""),
        ("GET", "/v1/nodes/big?view=subtree&values=true", ""),
        ("GET", "/v1/nodes/many?view=children", ""),
        ("POST", "/v1/transactions", """{"then":[{"get":{"path":"/big/0"}},{"get":{"path":"/big/1"}}]}"""),
        ("GET", "/v1/sessions?limit=10000", ""),
        ("GET", "/v1/sessions/SESSION", ""),
        ("POST", "/v1/sessions/keepalive", "IDS"),
        ("GET", "/v1/locks/queue", ""),
        ("GET", "/v1/watch?path=/big&scope=subtree&initial=true&values=true", ""),
        ("GET", "/v1/watch?path=/big&scope=subtree&initial=true&values=true&format=ndjson", ""),
        ("GET", "/v1/cluster/snapshot", ""),
        ("GET", "/openapi/v1.json", ""),
    ];

    [Fact]
    public async Task Over_http2_a_client_that_does_not_take_an_answer_of_any_kind_loses_it_alone()
    {
        await using var gateway = await StartAsync(AtOnce, new FakeCluster { Backup = new byte[MiB] });
        var session = await FillAsync(gateway);
        using var client = Http2Client(gateway);
        var pace = gateway.Services.GetRequiredService<TransferPace>();
        var other = client.GetAsync("/v1/nodes/other?wait=60s", TestContext.Current.CancellationToken);

        var answers = new List<HttpResponseMessage>();
        foreach (var kind in Kinds)
        {
            answers.Add(await BeginAsync(client, kind, session));
            Assert.Equal(HttpStatusCode.OK, answers[^1].StatusCode);
        }

        await Until.TrueAsync(() => pace.EndedOf(MemoryUse.Answers) == Kinds.Length);
        foreach (var answer in answers)
        {
            await Assert.ThrowsAnyAsync<Exception>(
                () => answer.Content.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken));
            answer.Dispose();
        }

        // All of it on one connection, which others share.
        Assert.False(other.IsCompleted);
        await client.PutAsync("/v1/nodes/other", null, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, (await other).StatusCode);
        var budget = gateway.Services.GetRequiredService<MemoryBudget>();
        await Until.TrueAsync(() => budget.Used == 0 && pace.Count == 0);
    }

    [Fact]
    public async Task Over_http1_a_client_that_does_not_take_an_answer_of_any_kind_is_cut_off()
    {
        // All of them longer than what the system keeps for a connection.
        await using var gateway = await StartAsync(AtOnce, new FakeCluster { Backup = new byte[8 * MiB] });
        await FillWithLongJsonAsync(gateway, count: 4);
        var sockets = new List<Socket>();
        var pace = gateway.Services.GetRequiredService<TransferPace>();
        try
        {
            foreach (var (method, target, body) in Kinds.Where(static kind =>
                kind.Target.Contains("values", StringComparison.Ordinal)
                || kind.Target.Contains("snapshot", StringComparison.Ordinal)).Append(GetAll(count: 4)))
            {
                sockets.Add(await AskAsync(gateway, method, target, body));
            }

            Assert.Equal(7, sockets.Count);
            await Until.TrueAsync(() => pace.EndedOf(MemoryUse.Answers) == sockets.Count);
            foreach (var socket in sockets)
            {
                await Assert.ThrowsAsync<SocketException>(() => ReadToEndAsync(socket));
            }
        }
        finally
        {
            sockets.ForEach(static socket => socket.Dispose());
        }

        var budget = gateway.Services.GetRequiredService<MemoryBudget>();
        await Until.TrueAsync(() => budget.Used == 0 && pace.Count == 0);
    }

    [Fact]
    public async Task A_slow_reader_keeps_the_results_and_a_part_of_its_answer()
    {
        // Thrice as long in JSON: no answer may keep that.
        await using var gateway = await StartAsync(Never);
        var value = await FillWithLongJsonAsync(gateway, count: 3);
        var budget = gateway.Services.GetRequiredService<MemoryBudget>();
        using var client = Http2Client(gateway);
        using var slow = await BeginAsync(client, GetAll(count: 3), session: 0);
        await Until.TrueAsync(() => gateway.Services.GetRequiredService<TransferPace>().Count == 1);
        Assert.InRange(budget.UsedBy(MemoryUse.Answers), 3L * MiB, (3L * MiB) + SlackBytes);

        // A client that goes on gets all of it.
        var answer = await Answer.ReadAsync(slow);
        Assert.InRange(answer.Body.Length, 9 * MiB, int.MaxValue);
        Assert.Equal(
            [value, value, value],
            answer.Json.GetProperty("results").EnumerateArray().Select(static result => result.GetProperty("value").GetString()!));
        await Until.TrueAsync(() => budget.Used == 0);
    }

    [Fact]
    public async Task All_answers_together_have_a_bound_and_small_ones_still_get_through()
    {
        await using var gateway = await StartAsync(Never, settings: ("Hosting:InFlightBytesMax", $"{32 * MiB}"));
        await FillAsync(gateway, values: 4);
        (await gateway.PutAsync("/v1/nodes/small", new string('x', 3_000))).ShouldBe(201);
        var budget = gateway.Services.GetRequiredService<MemoryBudget>();
        using var client = Http2Client(gateway);
        var slow = new List<HttpResponseMessage>();
        var held = 0L;
        foreach (var size in (int[])[4, 1])
        {
            while (budget.HasRoomFor(MemoryUse.Answers, (size * MiB) + SlackBytes))
            {
                slow.Add(await BeginAsync(client, size == 1 ? Kinds[0] : GetAll(size), session: 0));
                Assert.Equal(HttpStatusCode.OK, slow[^1].StatusCode);
                held += size * MiB;
                await Until.TrueAsync(() => budget.UsedBy(MemoryUse.Answers) >= held);
            }
        }

        Assert.InRange(budget.UsedBy(MemoryUse.Answers), 16L * MiB, 20L * MiB);
        foreach (var target in (string[])["/big/0", "/big/0?format=json", "/big?view=children&values=true", "/big?view=subtree&values=true"])
        {
            var refused = await gateway.GetAsync($"/v1/nodes{target}");
            refused.ShouldBe(503, "overloaded");
            Assert.Equal("1", refused.Headers["Retry-After"]);
            Assert.DoesNotContain("ETag", refused.Headers.Keys);
        }

        (await gateway.GetAsync("/v1/nodes/small")).ShouldBe(200);
        (await gateway.GetAsync("/v1/nodes/small?format=json")).ShouldBe(200);

        // The result of a completed mutation is sent, or its client would think that nothing was done.
        var done = await gateway.PostAsync(
            "/v1/transactions", """{"then":[{"put":{"path":"/done","value":"x"}},{"get":{"path":"/big/0"}}]}""");
        done.ShouldBe(200);
        (await gateway.PutAsync("/v1/nodes/large", new string('x', MiB))).ShouldBe(201);

        slow.ForEach(static answer => answer.Dispose());
        await Until.TrueAsync(() => budget.Used == 0);
        (await gateway.GetAsync("/v1/nodes/big?view=children&values=true")).ShouldBe(200);
    }

    [Fact]
    public async Task A_client_that_leaves_gives_everything_back()
    {
        await using var gateway = await StartAsync(Never, new FakeCluster { Backup = new byte[MiB] });
        var session = await FillAsync(gateway);
        var budget = gateway.Services.GetRequiredService<MemoryBudget>();
        using var client = Http2Client(gateway);
        foreach (var kind in Kinds)
        {
            (await BeginAsync(client, kind, session)).Dispose();
        }

        await Until.TrueAsync(() => budget.Used == 0 && gateway.Services.GetRequiredService<TransferPace>().Count == 0);
    }

    [Fact]
    public async Task Values_of_every_length_and_kind_are_the_same_in_every_view()
    {
        await using var gateway = await StartAsync(Never);
        var random = new Random(6);
        var values = new List<byte[]>();
        foreach (var length in (int[])[0, 1, 4_094, 4_095, 4_096, 8_190, 8_191, 12_288, 40_000, 65_536, 300_001])
        {
            values.Add(Encoding.UTF8.GetBytes(new string('x', length)));
            values.Add(Encoding.UTF8.GetBytes(new string('\u20ac', length / 3)));
            values.Add(Encoding.UTF8.GetBytes(new string('"', length)));
            values.Add(Encoding.UTF8.GetBytes(new string('\u0001', length)));
            values.Add(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("\ud83d\ude00\u00e9a", length / 7))));
            var binary = new byte[length];
            random.NextBytes(binary);
            values.Add(binary);
        }

        for (var i = 0; i < values.Count; i++)
        {
            using var content = new ByteArrayContent(values[i]);
            using var put = await gateway.Client.PutAsync(
                $"/v1/nodes/all/{i:d3}?parents=true", content, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Created, put.StatusCode);
        }

        var read = (await ReadAllAsync(gateway, "children")).Select(ValueOf).ToList();
        Assert.Equal(values, read);
        Assert.Equal(values, (await ReadAllAsync(gateway, "nodes")).Skip(1).Select(ValueOf));
        for (var i = 0; i < values.Count; i++)
        {
            var whole = await gateway.GetAsync($"/v1/nodes/all/{i:d3}");
            Assert.Equal(values[i], whole.Body);
            Assert.Equal(values[i].Length, int.Parse(whole.Headers["Content-Length"], CultureInfo.InvariantCulture));
            var envelope = await gateway.GetAsync($"/v1/nodes/all/{i:d3}?format=json");
            Assert.Equal(values[i], ValueOf(envelope.Json));
            var head = await gateway.SendAsync("HEAD", $"/v1/nodes/all/{i:d3}?format=json");
            Assert.Equal($"{envelope.Body.Length}", head.Headers["Content-Length"]);
        }
    }

    [Theory]
    [InlineData(0, "utf8")]
    [InlineData(600, "utf8")]
    [InlineData(700, "base64")]
    [InlineData(10_000, "base64")]
    public async Task A_value_of_control_characters_is_not_text(int controls, string encoding)
    {
        await using var gateway = await StartAsync(Never);
        var value = new string('\u0001', controls) + new string('\n', 10_000 - controls);
        (await gateway.PutAsync("/v1/nodes/a", value)).ShouldBe(201);
        var envelope = (await gateway.GetAsync("/v1/nodes/a?format=json")).Json;
        Assert.Equal(encoding, envelope.GetProperty("encoding").GetString());
        Assert.Equal(Encoding.UTF8.GetBytes(value), ValueOf(envelope));
    }

    private static byte[] ValueOf(System.Text.Json.JsonElement node) =>
        node.GetProperty("encoding").GetString() == "utf8"
            ? Encoding.UTF8.GetBytes(node.GetProperty("value").GetString()!)
            : node.GetProperty("value").GetBytesFromBase64();

    /// <summary>All entries of a view of <c>/all</c>, over as many pages as it takes.</summary>
    private static async Task<List<System.Text.Json.JsonElement>> ReadAllAsync(GatewayFixture gateway, string list)
    {
        var view = list == "nodes" ? "subtree" : list;
        List<System.Text.Json.JsonElement> all = [];
        for (string? cursor = ""; cursor is not null;)
        {
            var page = (await gateway.GetAsync($"/v1/nodes/all?view={view}&values=true{cursor}")).ShouldBe(200).Json;
            all.AddRange(page.GetProperty(list).EnumerateArray());
            cursor = page.TryGetProperty("cursor", out var next) ? $"&cursor={Uri.EscapeDataString(next.GetString()!)}" : null;
        }

        return all;
    }

    /// <summary>Something of everything, more than fits into a window.</summary>
    /// <returns>A session with many nodes.</returns>
    private static async Task<long> FillAsync(GatewayFixture gateway, int values = 2)
    {
        (await gateway.PutAsync("/v1/nodes/other")).ShouldBe(201);
        for (var i = 0; i < values; i++)
        {
            (await gateway.PutAsync($"/v1/nodes/big/{i}?parents=true", new string('x', MiB))).ShouldBe(201);
        }

        var session = await gateway.OpenSessionAsync("1h");
        var name = new string('n', 900);
        var creates = Enumerable.Range(0, 128).Select(i =>
            $$$"""{"create":{"path":"/many/{{{i:d3}}}{{{name}}}","session":{{{session}}},"parents":true}}""");
        (await gateway.PostAsync("/v1/transactions", $$"""{"then":[{{string.Join(',', creates)}}]}""")).ShouldBe(200);
        await Parallel.ForEachAsync(Enumerable.Range(0, 400), async (i, _) =>
        {
            var owner = new string('o', 250);
            Assert.True((int)(await gateway.PostAsync("/v1/locks/queue", $$"""{"ttl":"1h","owner":"{{owner}}"}""")).Status < 300);
            await gateway.PostAsync("/v1/sessions", $$"""{"ttl":"1h","name":"{{owner}}"}""");
        });
        return session;
    }

    private static (string Method, string Target, string Body) GetAll(int count)
    {
        var gets = Enumerable.Range(0, count).Select(static i => $$$"""{"get":{"path":"/big/{{{i}}}"}}""");
        return ("POST", "/v1/transactions", $$"""{"then":[{{string.Join(',', gets)}}]}""");
    }

    /// <summary>Values of 1 MiB, each character of which is escaped.</summary>
    private static async Task<string> FillWithLongJsonAsync(GatewayFixture gateway, int count)
    {
        var value = string.Concat(Enumerable.Repeat("\ud83d\ude00", MiB / 4));
        for (var i = 0; i < count; i++)
        {
            (await gateway.PutAsync($"/v1/nodes/big/{i}?parents=true", value)).ShouldBe(201);
        }

        return value;
    }

    private static Task<HttpResponseMessage> BeginAsync(
        HttpClient client, (string Method, string Target, string Body) kind, long session)
    {
        var request = new HttpRequestMessage(new HttpMethod(kind.Method), TargetOf(kind.Target, session))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (kind.Body.Length > 0)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(BodyOf(kind.Body)));
        }

        return client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    private static async Task<Socket> AskAsync(GatewayFixture gateway, string method, string target, string body)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4_096 };
        await socket.ConnectAsync(gateway.Address.Host, gateway.Address.Port);
        var length = body.Length > 0 ? $"Content-Length: {body.Length}\r\n" : "";
        await socket.SendAsync(Encoding.UTF8.GetBytes(
            $"{method} {target} HTTP/1.1\r\nHost: localhost\r\n{length}\r\n{body}"));
        return socket;
    }

    private static async Task ReadToEndAsync(Socket socket)
    {
        var buffer = new byte[AnswerPace.PartBytes];
        while (await socket.ReceiveAsync(buffer) > 0)
        {
        }
    }

    private static string TargetOf(string target, long session) =>
        target.Replace("SESSION", $"{session}", StringComparison.Ordinal);

    private static string BodyOf(string body) => body == "IDS"
        ? $$"""{"ids":[{{string.Join(',', Enumerable.Range(1_000_000, 4_096))}}]}"""
        : body;

    private static HttpClient Http2Client(GatewayFixture gateway) => new(
        new SocketsHttpHandler { UseProxy = false, EnableMultipleHttp2Connections = false })
    {
        BaseAddress = gateway.Address,
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private static async Task<GatewayFixture> StartAsync(
        PaceRule rule, FakeCluster? cluster = null, params (string Key, string Value)[] settings)
    {
        var gateway = new GatewayFixture
        {
            AnswerRule = rule,
            Cluster = cluster ?? new FakeCluster(),
            Settings = settings.ToDictionary(static setting => setting.Key, static string? (setting) => setting.Value),
        };
        await gateway.InitializeAsync();
        return gateway;
    }
}
