using System.Net;
using System.Reflection;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Gateway.Tests.Cluster;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Gateway.Tests.Watches;
using Cloudkeeper.Protocol;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Gateway.Tests.Errors;

/// <summary>One request for each line of the table of errors.</summary>
public sealed class ProblemCodeTests : IAsyncLifetime
{
    /// <summary>What no request brings about yet, and where the refusal is tested.</summary>
    private static readonly Dictionary<string, string> Elsewhere = new(StringComparer.Ordinal)
    {
        ["408 request-timeout"] = "Bounds.ServerLimitTests: a body that does not come",
        ["409 not-a-counter"] = "within a transaction it is an operationCode; counters of their own are not served",
        ["409 counter-overflow"] = "within a transaction it is an operationCode; counters of their own are not served",
        ["409 ticket-exists"] = "only asking in another mode; other modes are not served",
    };

    private static readonly Dictionary<string, Func<GatewayFixture, Task<Answer>>> Examples = new(StringComparer.Ordinal)
    {
        ["400 invalid-path"] = it => it.GetAsync("/v1/nodes/a//b"),
        ["400 invalid-parameter"] = it => it.GetAsync("/v1/nodes?format=xml"),
        ["400 invalid-body"] = it => it.PostAsync("/v1/sessions", "{"),
        ["400 invalid-condition"] = it => it.PutAsync("/v1/nodes/a", "", ("If-None-Match", "\"1\"")),
        ["400 invalid-revision"] = it => it.GetAsync("/v1/watch?path=/a&from=x"),
        ["400 invalid-fence"] = it => it.PutAsync("/v1/nodes/a", "", ("Cloudkeeper-Fence", "x")),
        ["400 invalid-idempotency-key"] = it => it.PutAsync("/v1/nodes/a", "", ("Idempotency-Key", "a b")),
        ["400 invalid-operation"] = it => it.DeleteAsync("/v1/nodes/"),
        ["400 too-many-operations"] = it => it.PostAsync("/v1/transactions",
            $$"""{"then":[{{string.Join(',', Enumerable.Repeat("""{"get":{"path":"/"}}""", 129))}}]}"""),
        ["403 cross-origin"] = it => it.GetAsync("/v1/nodes", ("Origin", "https://evil.example")),
        ["404 route-not-found"] = it => it.GetAsync("/v1"),
        ["404 node-not-found"] = it => it.GetAsync("/v1/nodes/absent"),
        ["404 parent-not-found"] = it => it.PutAsync("/v1/nodes/absent/a"),
        ["404 session-not-found"] = it => it.GetAsync("/v1/sessions/4711"),
        ["404 ticket-not-found"] = it => it.GetAsync("/v1/tickets/4711"),
        ["404 member-not-found"] = it => it.DeleteAsync("/v1/cluster/members/n9"),
        ["405 method-not-allowed"] = it => it.SendAsync("PATCH", "/v1/nodes/a"),
        ["409 has-children"] = it => AfterAsync(it, "/v1/nodes/p/c?parents=true", () => it.DeleteAsync("/v1/nodes/p")),
        ["409 too-many-nodes"] = it =>
            AfterAsync(it, "/v1/nodes/m/a/b/c?parents=true", () => it.DeleteAsync("/v1/nodes/m?recursive=true")),
        ["409 too-many-ephemerals"] = async it =>
        {
            var session = await it.OpenSessionAsync();
            return await AfterAsync(it, $"/v1/nodes/e?session={session}", () => it.PutAsync($"/v1/nodes/f?session={session}"));
        },
        ["409 ephemeral-parent"] = async it =>
        {
            var session = await it.OpenSessionAsync();
            return await AfterAsync(it, $"/v1/nodes/e?session={session}", () => it.PutAsync("/v1/nodes/e/c"));
        },
        ["409 kind-mismatch"] = it => AfterAsync(it, "/v1/nodes/k", () => it.PutAsync("/v1/nodes/k?kind=container")),
        ["409 transaction-failed"] = it =>
            it.PostAsync("/v1/transactions", """{"then":[{"delete":{"path":"/absent"}}]}"""),
        ["409 lock-held"] = async it =>
        {
            await it.PostAsync("/v1/locks/l", """{"ttl":"10s"}""");
            return await it.PostAsync("/v1/locks/l", """{"ttl":"10s","queue":false}""");
        },
        ["409 unsafe-change"] = it => it.DeleteAsync("/v1/cluster/members/n1"),
        ["410 session-expired"] = async it =>
        {
            var session = await it.OpenSessionAsync();
            it.Nodes.Expire(new SessionId(session));
            return await it.GetAsync($"/v1/sessions/{session}");
        },
        ["410 revision-compacted"] = async it =>
        {
            for (var i = 0; i < 10; i++)
            {
                await it.PutAsync("/v1/nodes/h");
            }

            return await it.GetAsync("/v1/watch?path=/h&from=0");
        },
        ["412 node-exists"] = it => AfterAsync(it, "/v1/nodes/x", () => it.PutAsync("/v1/nodes/x", "", ("If-None-Match", "*"))),
        ["412 node-not-found"] = it => it.PutAsync("/v1/nodes/absent", "", ("If-Match", "*")),
        ["412 revision-mismatch"] = it =>
            AfterAsync(it, "/v1/nodes/x", () => it.PutAsync("/v1/nodes/x", "", ("If-Match", "\"9999\""))),
        ["412 version-mismatch"] = it => AfterAsync(it, "/v1/nodes/x", () => it.PutAsync("/v1/nodes/x?version=99")),
        ["412 fence-lost"] = it => it.PutAsync("/v1/nodes/a", "", ("Cloudkeeper-Fence", "4711")),
        ["413 value-too-large"] = it => it.PutAsync("/v1/nodes/a", new string('x', (1 << 20) + 1)),
        ["413 body-too-large"] = it => it.PostAsync("/v1/sessions", new string(' ', 1 << 20)),
        ["415 unsupported-media-type"] = it => it.SendAsync("POST", "/v1/sessions", "x", "text/plain"),
        ["417 expectation-failed"] = it => it.PutAsync("/v1/nodes/a", "", ("Expect", "200-ok")),
        ["421 misdirected-host"] = it => it.GetAsync("/v1/nodes", ("Host", "evil.example")),
        ["422 idempotency-key-reuse"] = async it =>
        {
            await it.PutAsync("/v1/nodes/a", "1", ("Idempotency-Key", "k"));
            return await it.PutAsync("/v1/nodes/a", "2", ("Idempotency-Key", "k"));
        },
        ["429 too-many-requests"] = async it =>
        {
            var session = await it.OpenSessionAsync();
            await using var watch = await WatchClient.OpenAsync(it, $"path=/a&session={session}");
            return await it.GetAsync($"/v1/watch?path=/a&session={session}");
        },
        ["431 headers-too-large"] = it => it.GetAsync("/v1/nodes", ("X-Large", new string('x', 33_000))),
        ["500 internal-error"] = it => FailingAsync(it, new InvalidOperationException("A mistake of ours.")),
        ["503 no-quorum"] = async it =>
        {
            it.Nodes.HasNoQuorum = true;
            var answer = await it.PutAsync("/v1/nodes/a");
            it.Nodes.HasNoQuorum = false;
            return answer;
        },
        ["503 revision-not-reached"] = it => it.GetAsync("/v1/nodes", ("Cloudkeeper-Min-Revision", "999999")),
        ["503 overloaded"] = it => FailingAsync(it, new ProblemException(ErrorKinds.Overloaded)),
        ["503 shutting-down"] = async it =>
        {
            await it.Services.GetRequiredService<StreamEnd>().StoppingAsync(TestContext.Current.CancellationToken);
            return await it.GetAsync("/v1/watch?path=/a");
        },
        ["504 outcome-unknown"] = it => FailingAsync(it, new ProblemException(ErrorKinds.OutcomeUnknown)),
        ["507 storage-full"] = it => FailingAsync(it, new ProblemException(ErrorKinds.StorageFull)),
    };

    private readonly GatewayFixture _gateway = new()
    {
        Nodes = new TreeNodes(new StateMachineOptions { HistorySetsMax = 5, DeletedNodesMax = 3, EphemeralsMax = 1 }),
        Cluster = new FakeCluster
        {
            Answer = static call => (
                HttpStatusCode.Conflict,
                call.Contains('9', StringComparison.Ordinal) ? """{"code":"member-not-found"}""" : """{"code":"unsafe-change"}"""),
        },
        Settings = new Dictionary<string, string?>
        {
            ["Gateway:RecentChangesMax"] = "3",
            ["Gateway:WatchesPerSessionMax"] = "1",
        },
    };

    public static TheoryData<string> Lines => [.. Examples.Keys];

    public ValueTask InitializeAsync() => _gateway.InitializeAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public void Every_line_of_the_table_has_an_example()
    {
        var table = typeof(ErrorKinds).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => (ErrorKind)field.GetValue(null)!).Select(kind => $"{kind.Status} {kind.Code}");
        Assert.Equal(table.Order(StringComparer.Ordinal), Examples.Keys.Concat(Elsewhere.Keys).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task A_request_gets_it(string line)
    {
        var answer = await Examples[line](_gateway);
        answer.ShouldBe(int.Parse(line[..3], null), line[4..]);
        Assert.Equal(line[..3] is "429" or "503", answer.Headers.ContainsKey("Retry-After"));
    }

    private static async Task<Answer> AfterAsync(GatewayFixture gateway, string put, Func<Task<Answer>> then)
    {
        (await gateway.PutAsync(put)).ShouldBe(201);
        return await then();
    }

    private static async Task<Answer> FailingAsync(GatewayFixture gateway, Exception failure)
    {
        gateway.Nodes.Failure = failure;
        return await gateway.PutAsync("/v1/nodes/a");
    }
}
