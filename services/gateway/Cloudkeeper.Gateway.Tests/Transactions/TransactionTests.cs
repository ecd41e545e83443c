using Cloudkeeper.Gateway.Tests.Hosting;

namespace Cloudkeeper.Gateway.Tests.Transactions;

[Collection(SharedGateway.Name)]
public sealed class TransactionTests(GatewayFixture gateway)
{
    private readonly string _root = "/tx-" + Guid.NewGuid().ToString("N");

    [Fact]
    public async Task Operations_see_the_ones_before_them_and_share_a_revision()
    {
        var answer = (await PostAsync("""
            {"then": [
              {"create": {"path": "/R", "value": "aGk=", "encoding": "base64", "contentType": "text/plain"}},
              {"create": {"parent": "/R", "prefix": "s-"}},
              {"get": {"path": "/R"}},
              {"set": {"path": "/R", "value": "2", "version": 0}},
              {"put": {"path": "/R/p/q", "parents": true}},
              {"add": {"path": "/R/c", "amount": 5}},
              {"add": {"path": "/R/c", "amount": -2}},
              {"delete": {"path": "/R/p", "recursive": true}},
              {"get": {"path": "/R/p"}}
            ]}
            """)).ShouldBe(200);
        Assert.True(answer.Json.GetProperty("succeeded").GetBoolean());
        Assert.Equal(answer.Revision, answer.Json.GetProperty("revision").GetInt64());
        var results = answer.Json.GetProperty("results").EnumerateArray().ToArray();
        string[][] members =
        [
            ["path", "stat"],
            ["path", "stat"],
            ["path", "value", "encoding", "contentType", "stat"],
            ["path", "stat"],
            ["path", "stat"],
            ["path", "value", "stat"],
            ["path", "value", "stat"],
            ["path"],
            ["path", "exists"],
        ];
        Assert.Equal(members, results.Select(r => r.EnumerateObject().Select(member => member.Name).ToArray()));
        Assert.Equal(_root + "/s-0000000000", results[1].GetProperty("path").GetString());
        Assert.Equal("hi", results[2].GetProperty("value").GetString());
        Assert.Equal(3, results[6].GetProperty("value").GetInt64());
        Assert.False(results[8].GetProperty("exists").GetBoolean());
        Assert.Equal("3", (await gateway.GetAsync($"/v1/nodes{_root}/c")).Text);
    }

    [Fact]
    public async Task Conditions_choose_the_branch()
    {
        const string Body = """
            {"if": [{"path": "/R", "exists": true, "version": 0, "value": "x"}],
             "then": [{"delete": {"path": "/R"}}], "else": [{"create": {"path": "/R", "value": "x"}}]}
            """;
        Assert.False((await PostAsync(Body)).Json.GetProperty("succeeded").GetBoolean());
        Assert.True((await PostAsync(Body)).Json.GetProperty("succeeded").GetBoolean());
        (await gateway.GetAsync("/v1/nodes" + _root)).ShouldBe(404, "node-not-found");
    }

    [Fact]
    public async Task An_operation_that_fails_undoes_all()
    {
        var refused = (await PostAsync(
            """{"then": [{"create": {"path": "/R"}}, {"set": {"path": "/R/none"}}]}""")).ShouldBe(409, "transaction-failed");
        Assert.Equal(1, refused.Json.GetProperty("failedIndex").GetInt32());
        Assert.Equal("node-not-found", refused.Json.GetProperty("operationCode").GetString());
        (await gateway.GetAsync("/v1/nodes" + _root)).ShouldBe(404, "node-not-found");
    }

    [Fact]
    public async Task An_empty_transaction_succeeds_and_changes_nothing()
    {
        var before = gateway.Nodes.Revision;
        var answer = (await PostAsync("{}")).ShouldBe(200);
        Assert.True(answer.Json.GetProperty("succeeded").GetBoolean());
        Assert.Equal(0, answer.Json.GetProperty("results").GetArrayLength());
        Assert.True(answer.Revision >= before.Value);
    }

    [Fact]
    public async Task Counters_stay_within_their_bounds()
    {
        var failed = await PostAsync(
            """{"then": [{"add": {"path": "/R", "amount": 9007199254740991}}, {"add": {"path": "/R", "amount": 9007199254740991}}]}""");
        Assert.Equal("counter-overflow", failed.ShouldBe(409, "transaction-failed").Json.GetProperty("operationCode").GetString());
        failed = await PostAsync(
            """{"then": [{"create": {"path": "/R", "value": "x"}}, {"add": {"path": "/R", "amount": 1}}]}""");
        Assert.Equal("not-a-counter", failed.ShouldBe(409, "transaction-failed").Json.GetProperty("operationCode").GetString());
    }

    [Theory]
    [InlineData("""{"unless": []}""", 400, "invalid-body")]
    [InlineData("""{"then": {}}""", 400, "invalid-body")]
    [InlineData("""{"then": [null]}""", 400, "invalid-body")]
    [InlineData("""{"if": [null]}""", 400, "invalid-body")]
    [InlineData("""{"then": [{}]}""", 400, "invalid-body")]
    [InlineData("""{"then": [{"get": {"path": "/a"}, "delete": {"path": "/a"}}]}""", 400, "invalid-body")]
    [InlineData("""{"then": [{"move": {"path": "/a"}}]}""", 400, "invalid-body")]
    [InlineData("""{"then": [{"get": {}}]}""", 400, "invalid-body")]
    [InlineData("""{"then": [{"get": {"path": "a"}}]}""", 400, "invalid-path")]
    [InlineData("""{"then": [{"get": {"path": "/a/../b"}}]}""", 400, "invalid-path")]
    [InlineData("""{"then": [{"get": {"path": "/\u0000"}}]}""", 400, "invalid-path")]
    [InlineData("""{"then": [{"get": {"path": "/\ud800"}}]}""", 400, "invalid-body")]
    [InlineData("""{"then": [{"create": {"path": "/a", "parent": "/b"}}]}""", 400, "invalid-body")]
    [InlineData("""{"then": [{"create": {"path": "/a", "prefix": "b"}}]}""", 400, "invalid-body")]
    [InlineData("""{"then": [{"create": {"path": "/a", "ttl": "1s", "kind": "container"}}]}""", 400, "invalid-body")]
    [InlineData("""{"then": [{"create": {"path": "/a", "ttl": "1"}}]}""", 400, "invalid-parameter")]
    [InlineData("""{"then": [{"create": {"path": "/a", "kind": "ephemeral"}}]}""", 400, "invalid-body")]
    [InlineData("""{"then": [{"create": {"path": "/a", "value": "!", "encoding": "base64"}}]}""", 400, "invalid-body")]
    [InlineData("""{"then": [{"create": {"path": "/a", "value": "!", "encoding": "hex"}}]}""", 400, "invalid-body")]
    [InlineData("""{"then": [{"create": {"path": "/a", "contentType": "é"}}]}""", 400, "invalid-body")]
    [InlineData("""{"then": [{"create": {"path": "/a", "contentType": ""}}]}""", 400, "invalid-body")]
    [InlineData("""{"then": [{"set": {"path": "/a", "version": -2}}]}""", 400, "invalid-body")]
    [InlineData("""{"then": [{"set": {"path": "/a", "revision": -1}}]}""", 400, "invalid-body")]
    [InlineData("""{"then": [{"set": {"path": "/a", "version": 1.5}}]}""", 400, "invalid-body")]
    [InlineData("""{"then": [{"add": {"path": "/a"}}]}""", 400, "invalid-body")]
    [InlineData("""{"then": [{"add": {"path": "/a", "amount": 9007199254740992}}]}""", 400, "invalid-body")]
    [InlineData("""{"if": [{"path": "/a"}]}""", 400, "invalid-condition")]
    [InlineData("""{"if": [{"path": "/a", "exists": false, "version": 1}]}""", 400, "invalid-condition")]
    [InlineData("""{"if": [], "if": []}""", 400, "invalid-body")]
    [InlineData("""[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]""", 400, "invalid-body")]
    [InlineData("not json", 400, "invalid-body")]
    public async Task Other_bodies_are_refused(string body, int status, string code) =>
        (await gateway.PostAsync("/v1/transactions", body)).ShouldBe(status, code);

    [Theory]
    [InlineData(128, 200)]
    [InlineData(129, 400)]
    public async Task A_branch_has_at_most_128_operations(int count, int status)
    {
        var operations = string.Join(',', Enumerable.Repeat("""{"get": {"path": "/"}}""", count));
        var answer = (await gateway.PostAsync("/v1/transactions", $$"""{"then": [{{operations}}]}""")).ShouldBe(status);
        if (status == 400)
        {
            answer.ShouldBe(400, "too-many-operations");
            var conditions = string.Join(',', Enumerable.Repeat("""{"path": "/", "exists": true}""", count));
            (await gateway.PostAsync("/v1/transactions", $$"""{"if": [{{conditions}}]}""")).ShouldBe(400, "too-many-operations");
        }
    }

    [Fact]
    public async Task A_body_has_at_most_4_mebibytes_and_a_value_one()
    {
        (await gateway.PostAsync("/v1/transactions", new string(' ', (4 << 20) - 2) + "{}")).ShouldBe(200);
        (await gateway.PostAsync("/v1/transactions", new string(' ', (4 << 20) - 1) + "{}")).ShouldBe(413, "body-too-large");
        var value = new string('x', (1 << 20) + 1);
        (await PostAsync($$$"""{"then": [{"create": {"path": "/R", "value": "{{{value}}}"}}]}""")).ShouldBe(413, "value-too-large");
    }

    [Theory]
    [InlineData("text/xml")]
    [InlineData("multipart/form-data; boundary=x")]
    public async Task Other_media_types_are_refused(string type) =>
        (await gateway.SendAsync("POST", "/v1/transactions", "{}", type)).ShouldBe(415, "unsupported-media-type");

    private Task<Answer> PostAsync(string body) =>
        gateway.PostAsync("/v1/transactions", body.Replace("/R", _root, StringComparison.Ordinal));
}
