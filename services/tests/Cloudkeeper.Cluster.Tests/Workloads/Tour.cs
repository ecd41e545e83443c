using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests.Workloads;

/// <summary>
/// Every route once, below a node of its own. The transcript holds each answer with its numbers masked, so
/// that two tours by different ways can be compared.
/// </summary>
internal sealed partial class Tour(ApiClient client, string root)
{
    private static readonly string[] ComparedHeaders =
    [
        "Location", "ETag", "Retry-After", "Allow", "X-Content-Type-Options", "Content-Security-Policy",
        "Cloudkeeper-Revision", "Cloudkeeper-Version", "Cloudkeeper-Consistency", "Idempotent-Replayed",
    ];

    public List<string> Transcript { get; } = [];

    private string Root => $"/v1/nodes/{root}";

    public async Task NodesAsync()
    {
        Expect(201, await client.PutAsync(Root, "root"));
        Expect(201, await client.PutAsync($"{Root}/a/b?parents=true", "value"));
        Expect(200, await client.PutAsync($"{Root}/a/b", "value 2", ("Content-Type", "text/plain")));
        var read = Expect(200, await client.GetAsync($"{Root}/a/b"));
        Assert.Equal("value 2", read.Text);
        Expect(304, await client.GetAsync($"{Root}/a/b", ("If-None-Match", read.Header("ETag")!)));
        Expect(200, await client.SendAsync(HttpMethod.Head, $"{Root}/a/b", null));
        Expect(200, await client.GetAsync($"{Root}/a/b?format=json"));
        Expect(200, await client.GetAsync($"{Root}/a/b?view=stat"));
        Expect(200, await client.GetAsync($"{Root}/a?view=children&values=true"));
        Expect(304, await client.GetAsync($"{Root}/a/b?wait=50ms&after={read.Revision}"));
        Expect(200, await client.GetAsync($"{Root}/a/b?wait=10s&after=0"));
        Expect(200, await client.GetAsync($"{Root}/a/b", ("Cloudkeeper-Min-Revision", $"{read.Revision}")));
        Expect(201, await client.SendAsync(HttpMethod.Post, $"{Root}?prefix=s-", new StringContent("sequential")));
        await ConditionsAsync(read.Header("ETag")!);
        Expect(409, await client.DeleteAsync($"{Root}/a"), "has-children");
        Expect(204, await client.DeleteAsync($"{Root}/a/b"));
        Expect(404, await client.GetAsync($"{Root}/a/b"), "node-not-found");
        Expect(204, await client.DeleteAsync($"{Root}/a?recursive=true"));
        Expect(400, await client.DeleteAsync("/v1/nodes/"), "invalid-operation");
    }

    public async Task BadRequestsAsync()
    {
        Expect(400, await client.GetAsync($"{Root}/a%2Fb"), "invalid-path");
        Expect(400, await client.GetAsync($"{Root}/%2e%2e/x"), "invalid-path");
        Expect(400, await client.GetAsync($"{Root}/%ff"), "invalid-path");
        Expect(400, await client.GetAsync($"{Root}//x"), "invalid-path");
        Expect(400, await client.GetAsync($"{Root}?consistency=perhaps"), "invalid-parameter");
        Expect(400, await client.PutAsync(Root, "x", ("If-None-Match", "\"5\"")), "invalid-condition");
        Expect(400, await client.PutAsync(Root, "x", ("Idempotency-Key", new string('k', 65))), "invalid-idempotency-key");
        Expect(413, await client.PutAsync(Root, new string('x', (1 << 20) + 1)), "value-too-large");
        Expect(400, await client.PostJsonAsync("/v1/transactions", new { then = 1 }), "invalid-body");
        Expect(400, await client.PostJsonAsync("/v1/transactions", new { unheard = 1 }), "invalid-body");
        Expect(400, await client.PostJsonAsync("/v1/sessions", new { ttl = "1ms" }), "invalid-parameter");
        Expect(404, await client.GetAsync("/v1/sessions/9007199254740000"), "session-not-found");
        Expect(404, await client.GetAsync("/v1/nothing"), "route-not-found");
        Expect(405, await client.SendAsync(HttpMethod.Patch, Root, null), "method-not-allowed");
    }

    public async Task TransactionsAsync()
    {
        var steps = new object[]
        {
            new { create = new { path = $"/{root}/t", value = "one" } },
            new { set = new { path = $"/{root}/t", value = "two" } },
            new { put = new { path = $"/{root}/u", value = "AQI=", encoding = "base64" } },
            new { add = new { path = $"/{root}/n", amount = 5 } },
            new { get = new { path = $"/{root}/t" } },
            new { delete = new { path = $"/{root}/u" } },
        };
        var done = Expect(200, await client.PostJsonAsync("/v1/transactions", new { then = steps }));
        Assert.True(done.Json.GetProperty("succeeded").GetBoolean());
        Assert.Equal(6, done.Json.GetProperty("results").GetArrayLength());

        object[] condition = [new { path = $"/{root}/t", value = "one" }];
        object[] otherwise = [new { get = new { path = $"/{root}/t" } }];
        var refused = Expect(
            200, await client.PostJsonAsync("/v1/transactions", new Dictionary<string, object>(StringComparer.Ordinal)
            {
                ["if"] = condition,
                ["then"] = steps,
                ["else"] = otherwise,
            }));
        Assert.False(refused.Json.GetProperty("succeeded").GetBoolean());
        Expect(409, await client.PostJsonAsync("/v1/transactions", new { then = steps }), "transaction-failed");
    }

    public async Task SessionsAsync()
    {
        var session = Expect(201, await client.PostJsonAsync("/v1/sessions", new { ttl = "30s", name = root }));
        var id = session.Json.GetProperty("id").ToString();
        Expect(200, await client.PostJsonAsync($"/v1/sessions/{id}/keepalive", new { }));
        Expect(200, await client.PostJsonAsync("/v1/sessions/keepalive", new { ids = new[] { session.Json.GetProperty("id") } }));
        Expect(201, await client.PutAsync($"{Root}/ephemeral?session={id}", "here"));
        Expect(409, await client.PutAsync($"{Root}/ephemeral/child", "x"), "ephemeral-parent");
        Expect(200, await client.GetAsync($"/v1/sessions/{id}"));
        Assert.Equal(200, (await client.GetAsync("/v1/sessions")).Status);
        Expect(204, await client.DeleteAsync($"/v1/sessions/{id}"));
        Expect(404, await client.GetAsync($"{Root}/ephemeral"), "node-not-found");
        Expect(410, await client.GetAsync($"/v1/sessions/{id}"), "session-expired");
    }

    public async Task WatchAsync(CancellationToken stopping)
    {
        using var events = await client.WatchAsync($"/v1/watch?path=/{root}/watched&scope=subtree&values=true&previous=true");
        Expect(201, await client.PutAsync($"{Root}/watched", "1"));
        Expect(200, await client.PutAsync($"{Root}/watched", "2"));
        Expect(201, await client.PutAsync($"{Root}/watched/below", "3"));
        Expect(204, await client.DeleteAsync($"{Root}/watched?recursive=true"));
        for (var i = 0; i < 5; i++)
        {
            var change = await events.ReadChangeAsync(stopping);
            Transcript.Add(Mask($"{change!.Name} {change.Data}"));
        }
    }

    public async Task LocksAsync()
    {
        Expect(200, await client.GetAsync($"/v1/locks/{root}/lock"));
        var held = Expect(200, await client.PostJsonAsync($"/v1/locks/{root}/lock", new { ttl = "30s", owner = "me" }));
        var waiting = Expect(202, await client.PostJsonAsync($"/v1/locks/{root}/lock", new { ttl = "30s" }));
        Expect(409, await client.PostJsonAsync($"/v1/locks/{root}/lock", new { ttl = "30s", queue = false }), "lock-held");
        Expect(200, await client.GetAsync($"/v1/locks/{root}/lock"));
        Expect(200, await client.GetAsync($"/v1/tickets/{Ticket(waiting)}"));
        Expect(204, await client.DeleteAsync($"/v1/tickets/{Ticket(held)}"));
        Expect(404, await client.GetAsync($"/v1/tickets/{Ticket(held)}"), "ticket-not-found");
        var granted = Expect(200, await client.GetAsync($"/v1/tickets/{Ticket(waiting)}?wait=10s"));
        Assert.Equal("held", granted.Json.GetProperty("state").GetString());
        Expect(200, await client.PutAsync(Root, "guarded", ("Cloudkeeper-Fence", Ticket(waiting))));
        Expect(412, await client.PutAsync(Root, "late", ("Cloudkeeper-Fence", Ticket(held))), "fence-lost");
        Expect(204, await client.DeleteAsync($"/v1/tickets/{Ticket(waiting)}"));
    }

    public async Task IdempotencyAsync()
    {
        (string, string)[] key = [("Idempotency-Key", $"tour-{root}")];
        Expect(201, await client.SendAsync(HttpMethod.Post, $"{Root}?prefix=once-", new StringContent("x"), key));
        var again = Expect(201, await client.SendAsync(HttpMethod.Post, $"{Root}?prefix=once-", new StringContent("x"), key));
        Assert.Equal("true", again.Header("Idempotent-Replayed"));
        Expect(422, await client.PutAsync(Root, "other", key), "idempotency-key-reuse");
    }

    public async Task OperationsAsync()
    {
        Expect(200, await client.GetAsync("/openapi/v1.json"));
        Assert.Equal(200, (await client.GetAsync("/healthz")).Status);
        Assert.Equal(200, (await client.GetAsync("/readyz")).Status);
        Assert.Contains("# TYPE", (await client.GetAsync("/metrics")).Text, StringComparison.Ordinal);
        var cluster = await client.GetAsync("/v1/cluster");
        Assert.Equal(200, cluster.Status);
        Assert.Equal(3, cluster.Json.GetProperty("members").GetArrayLength());
        Assert.NotEqual(JsonValueKind.Null, cluster.Json.GetProperty("leader").ValueKind);
    }

    private static string Ticket(Answer answer) =>
        answer.Json.GetProperty("ticket").GetInt64().ToString(CultureInfo.InvariantCulture);

    // A duration may have gone from 30s to 29.9s between two answers.
    [GeneratedRegex(@"\d+(\.\d+)?(ms|s)?", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NumberPattern();

    private async Task ConditionsAsync(string etag)
    {
        Expect(412, await client.PutAsync($"{Root}/a/b", "x", ("If-None-Match", "*")), "node-exists");
        Expect(412, await client.PutAsync($"{Root}/a/b", "x", ("If-Match", "\"1\"")), "revision-mismatch");
        Expect(412, await client.PutAsync($"{Root}/a/b?version=9", "x"), "version-mismatch");
        Expect(412, await client.PutAsync($"{Root}/absent", "x", ("If-Match", "*")), "node-not-found");
        Expect(200, await client.PutAsync($"{Root}/a/b", "value 3", ("If-Match", etag)));
        Expect(404, await client.PutAsync($"{Root}/no/parent", "x"), "parent-not-found");
    }

    private Answer Expect(int status, Answer answer, string? code = null)
    {
        Assert.True(answer.Status == status, $"expected {status} {code}, got {answer}");
        Assert.True(code is null || answer.Code == code, $"expected {code}, got {answer}");
        var headers = ComparedHeaders.Where(h => answer.Header(h) is not null).Select(h => $"{h}: {answer.Header(h)}");
        Transcript.Add(Mask($"{status} {answer.ContentType} {string.Join(' ', headers)} {answer.Text}"));
        return answer;
    }

    private string Mask(string text) => NumberPattern().Replace(text.Replace(root, "root", StringComparison.Ordinal), "0");
}
